#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gtlsclient fetches a page from gtlsserver over HTTP/3, through the port that all protocols share, by
# the server name in its QUIC packets ("localhost" for an IP address).
. "$(dirname "$0")/lib.sh"
need gtlsclient ngtcp2-client
need gtlsserver ngtcp2-server
need ss iproute2
. "$here/mux.bash"

self_signed quic localhost
mkdir "$tmp/www" "$tmp/got"
head -c 100000 /dev/urandom >"$tmp/www/page"
start quic gtlsserver -q -d "$tmp/www" 127.0.0.1 "${server_port[quic]}" "$tmp/quic.key" "$tmp/quic.pem"
mux_start
serving_datagrams quic

timeout 60 gtlsclient -q --exit-on-all-streams-close --download "$tmp/got" 127.0.0.1 "$MUX" \
    https://localhost/page >"$tmp/client.log" 2>&1 || fail "gtlsclient"
cmp "$tmp/www/page" "$tmp/got/page" || fail "another page"
wait_route quic udp/quic
