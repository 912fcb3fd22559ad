#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# dig and kdig over UDP through the port that all protocols share.
. "$(dirname "$0")/lib.sh"
need unbound unbound
need dig bind9-dnsutils
need kdig knot-dnsutils
need ss iproute2
. "$here/mux.bash"

start_unbound do-udp:yes
mux_start
serving_datagrams dns

ask="+timeout=30 +retry=0 +short www.example.com"
same 192.0.2.80 "$(dig @127.0.0.1 -p "$MUX" +time=30 +tries=1 +short www.example.com A)" "dig"
# shellcheck disable=SC2086
same '"through the mux"' "$(kdig @127.0.0.1 -p "$MUX" $ask TXT)" "kdig"
same "" "$(dig @127.0.0.1 -p "$MUX" +time=30 +tries=1 +short no.example.com A)" "dig for what is not there"
wait_route udp-dns udp/dns
