#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# OpenVPN over TCP through the port that all protocols share, in each of its modes, with a tunnel that
# leads nowhere.
. "$(dirname "$0")/lib.sh"
need openvpn openvpn
. "$here/mux.bash"

self_signed vpn vpn.example.com
openvpn --genkey secret "$tmp/group.key" || fail "no key"
openvpn --genkey tls-crypt-v2-server "$tmp/server.key" || fail "no key"
openvpn --tls-crypt-v2 "$tmp/server.key" --genkey tls-crypt-v2-client "$tmp/client.key" || fail "no key"
mux_start

both=(--dev null --ca "$tmp/vpn.pem" --cert "$tmp/vpn.pem" --key "$tmp/vpn.key" --verb 3 --ping 1
    --ping-exit 30)
connect() { # NAME SERVER-OPTIONS -- CLIENT-OPTIONS
    local name=$1 server=()
    shift
    while [ "$1" != -- ]; do
        server+=("$1")
        shift
    done
    shift
    start "server-$name" openvpn "${both[@]}" --proto tcp-server --lport "${server_port[openvpn]}" \
        --local 127.0.0.1 --tls-server --dh none "${server[@]}"
    serving openvpn
    start "client-$name" openvpn "${both[@]}" --proto tcp-client --remote 127.0.0.1 "$MUX" --nobind \
        --tls-client "$@"
    wait_log "client-$name" 'Initialization Sequence Completed' 30
    wait_log "server-$name" 'Initialization Sequence Completed' 30
    stop "client-$name"
    stop "server-$name"
}

connect plain --
connect auth --tls-auth "$tmp/group.key" 0 --auth SHA256 -- --tls-auth "$tmp/group.key" 1 --auth SHA256
connect crypt --tls-crypt "$tmp/group.key" -- --tls-crypt "$tmp/group.key"
connect crypt2 --tls-crypt-v2 "$tmp/server.key" -- --tls-crypt-v2 "$tmp/client.key"
same 4 "$(grep -c "route=openvpn .*upstream=tcp/127.0.0.1:${server_port[openvpn]} " \
    "$tmp/pointsmand.log")" "clients"
