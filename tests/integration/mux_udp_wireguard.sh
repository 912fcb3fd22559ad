#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A tunnel of WireGuard through the port that all protocols share, in a network of its own.
. "$(dirname "$0")/lib.sh"
need wireguard-go wireguard-go
need wg wireguard-tools
need ip iproute2
own_network || skip "needs root and a network of its own"
[ -c /dev/net/tun ] || skip "this system has no /dev/net/tun"
. "$here/mux.bash"

export WG_PROCESS_FOREGROUND=1 WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1 LOG_LEVEL=verbose
for side in server client; do
    (umask 077 && wg genkey >"$tmp/$side.key")
    start $side wireguard-go -f "mux-$side"
done
has_interface() { wg show "$1" >/dev/null 2>&1; }
for side in server client; do
    wait_until 30 "the interface" has_interface "mux-$side"
done
mux_start
wg set mux-server private-key "$tmp/server.key" listen-port "${server_port[wireguard]}" \
    peer "$(wg pubkey <"$tmp/client.key")" allowed-ips 10.9.0.2/32
wg set mux-client private-key "$tmp/client.key" peer "$(wg pubkey <"$tmp/server.key")" \
    allowed-ips 10.9.0.1/32 endpoint "127.0.0.1:$MUX" persistent-keepalive 1
ip link set mux-server up
ip link set mux-client up

# A handshake that both know of, and keepalives that came through.
shakes() { [ "$(wg show "$1" latest-handshakes | awk '{ print $2 }')" -gt 0 ]; }
received() { [ "$(wg show "$1" transfer | awk '{ print $2 }')" -gt 148 ]; }
wait_until 30 "the handshake" shakes mux-client
wait_until 30 "the handshake" shakes mux-server
wait_until 30 "a keepalive" received mux-server
stop client
wait_log pointsmand "route=wireguard .*upstream=udp/127.0.0.1:${server_port[wireguard]} " 20
