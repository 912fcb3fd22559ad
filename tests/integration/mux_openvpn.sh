#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# OpenVPN over TCP and UDP through the port that all protocols share, in each of its modes, with a
# tunnel that leads nowhere.
. "$(dirname "$0")/lib.sh"
need openvpn openvpn
need ss iproute2
. "$here/mux.bash"

self_signed vpn vpn.example.com
openvpn --genkey secret "$tmp/group.key" || fail "no key"
openvpn --genkey tls-crypt-v2-server "$tmp/server.key" || fail "no key"
openvpn --tls-crypt-v2 "$tmp/server.key" --genkey tls-crypt-v2-client "$tmp/client.key" || fail "no key"
mux_start

both=(--dev null --ca "$tmp/vpn.pem" --cert "$tmp/vpn.pem" --key "$tmp/vpn.key" --verb 3 --ping 1
    --ping-exit 30)
# run NETWORK MODE SERVER-OPTIONS -- CLIENT-OPTIONS
run() {
    local network=$1 mode=$2 name=$1-$2 server=() one=openvpn
    local server_proto=tcp-server client_proto=tcp-client
    [ "$network" = tcp ] || server_proto=udp client_proto=udp one=udp-openvpn
    shift 2
    while [ "$1" != -- ]; do
        server+=("$1")
        shift
    done
    shift
    start "server-$name" openvpn "${both[@]}" --proto $server_proto --lport "${server_port[openvpn]}" \
        --local 127.0.0.1 --tls-server --dh none "${server[@]}"
    if [ "$network" = tcp ]; then serving openvpn; else serving_datagrams openvpn; fi
    start "client-$name" openvpn "${both[@]}" --proto $client_proto --remote 127.0.0.1 "$MUX" --nobind \
        --tls-client "$@"
    wait_log "client-$name" 'Initialization Sequence Completed' 30
    wait_log "server-$name" 'Initialization Sequence Completed' 30
    stop "client-$name"
    stop "server-$name"
    clients[$one]=$((${clients[$one]:-0} + 1))
}

has_taken() { # ROUTE COUNT: so many clients have gone by it
    [ "$(grep -cE "route=$1 .*upstream=(tcp|udp)/127.0.0.1:${server_port[openvpn]} " \
        "$tmp/pointsmand.log")" = "$2" ]
}

declare -A clients=()
for network in tcp udp; do
    run $network plain --
    run $network auth --tls-auth "$tmp/group.key" 0 --auth SHA256 -- --tls-auth "$tmp/group.key" 1 \
        --auth SHA256
    run $network crypt --tls-crypt "$tmp/group.key" -- --tls-crypt "$tmp/group.key"
    run $network crypt2 --tls-crypt-v2 "$tmp/server.key" -- --tls-crypt-v2 "$tmp/client.key"
done
for route in openvpn udp-openvpn; do
    wait_until 30 "${clients[$route]} clients of $route" has_taken $route "${clients[$route]}"
done
