#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# dig and kdig through the port that all protocols share: DNS over TCP, and over TLS that ends in the
# daemon.
. "$(dirname "$0")/lib.sh"
need unbound unbound
need dig bind9-dnsutils
need kdig knot-dnsutils
. "$here/mux.bash"

start_unbound do-udp:no
mux_start
serving dns

ask="+timeout=30 +tries=1 +short www.example.com"
# shellcheck disable=SC2086
{
    same 192.0.2.80 "$(dig +tcp @127.0.0.1 -p "$MUX" $ask A)" "dig +tcp"
    same '"through the mux"' "$(dig +tcp @127.0.0.1 -p "$MUX" $ask TXT)" "dig +tcp TXT"
    same 192.0.2.80 "$(kdig +tcp @127.0.0.1 -p "$MUX" +timeout=30 +short www.example.com A)" "kdig +tcp"
    same 192.0.2.80 "$(kdig +tls-ca="$root" +tls-hostname=dns.example.com +timeout=30 @127.0.0.1 \
        -p "$MUX" +short www.example.com A 2>"$tmp/kdig.log")" "kdig +tls"
}
wait_route dns
wait_route tls dns
