#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# dig through the dns matcher: names are routed to their server, others are answered by nobody.
. "$(dirname "$0")/lib.sh"
need_python
need dig bind9-dnsutils

LISTEN=$(free_port) A=$(free_port) B=$(free_port)
export A B
config dns.caddyfile <<CADDY
{
	layer4 {
		udp/127.0.0.1:$LISTEN {
			@a dns {
				allow_regexp (^|\.)a\.example\.$
				default_deny
			}
			route @a {
				proxy udp/127.0.0.1:$A
			}
			@b dns {
				deny blocked.b.example.
				allow_regexp (^|\.)b\.example\.$
				default_deny
			}
			route @b {
				proxy {
					proxy_protocol v2
					upstream udp/127.0.0.1:$B
				}
			}
		}
	}
}
CADDY
daemon "$tmp/dns.caddyfile"

# Answers any question with one A record: 192.0.2.1 on port A; on port B, which gets PROXY headers,
# the client's address.
start answerer "$python" -c '
from peers import *
import select
a, b = datagrams(("127.0.0.1", port("A"))), datagrams(("127.0.0.1", port("B")))
print("ready", flush=True)
while True:
    for s in select.select([a, b], [], [], 60)[0]:
        query, client = s.recvfrom(CHUNK)
        address = socket.inet_aton("192.0.2.1")
        if s is b:
            assert query[:12] == PROXY2 and query[13] == 0x12, query
            address, query = query[16:20], query[28:]
        end = query.index(b"\0", 12) + 5
        s.sendto(query[:2] + b"\x84\0\0\1\0\1\0\0\0\0" + query[12:end] +
            b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + address, client)
'
wait_log answerer ready

ask() { # NAME [OPTION…]
    dig @127.0.0.1 -p "$LISTEN" +short +time=30 +tries=1 "$@"
}
same 192.0.2.1 "$(ask www.a.example)" "a name of A"
same 192.0.2.1 "$(ask a.example +bufsize=4096)" "the zone of A"
same 127.0.0.53 "$(ask www.b.example -b 127.0.0.53)" "a name of B"
ask blocked.b.example +time=1 >"$tmp/blocked.log" && fail "a denied name was answered"
ask c.example +time=1 >"$tmp/unknown.log" && fail "a name of nobody was answered"
wait_log pointsmand 'end=no_route'
same 192.0.2.1 "$(ask ftp.a.example)" "a name of A afterwards"
