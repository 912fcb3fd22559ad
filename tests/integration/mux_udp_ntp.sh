#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# chronyd asks another chronyd through the port that all protocols share, by the last route.
. "$(dirname "$0")/lib.sh"
need_root # chronyd wants it
need chronyd chrony
need ss iproute2
. "$here/mux.bash"

# -x: no clock is set.
start server chronyd -d -x -U -u root "port ${server_port[ntp]}" 'bindaddress 127.0.0.1' 'allow 127.0.0.0/8' \
    'local stratum 5' 'cmdport 0' "bindcmdaddress /" "pidfile $tmp/server.pid"
mux_start
serving_datagrams ntp

timeout 60 chronyd -Q -U -u root -t 20 "server 127.0.0.1 port $MUX iburst maxsamples 4" 'cmdport 0' \
    "bindcmdaddress /" "pidfile $tmp/client.pid" >"$tmp/client.log" 2>&1 || fail "chronyd"
logged client 'System clock wrong by -?[0-9.]+ seconds' || fail "no time from the server"
wait_route ntp udp/ntp
