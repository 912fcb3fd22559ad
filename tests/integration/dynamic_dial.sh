#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An address to dial that the client names: reached where that is allowed, and nothing else.
. "$(dirname "$0")/lib.sh"
need_python

OPEN=$(free_port) GUARDED=$(free_port) A=$(free_port)
export OPEN GUARDED A
dial='"dial": ["{l4.proxy_protocol.authority}:'$A'"]'
config <<JSON
{"apps": {"layer4": {"servers": {
    "open": {"listen": ["127.0.0.1:$OPEN"], "routes": [{"handle": [{"handler": "proxy_protocol"},
        {"handler": "proxy", "upstreams": [{$dial, "allow_local": true, "max_connections": 2}]}]}]},
    "guarded": {"listen": ["127.0.0.1:$GUARDED"], "routes": [{"handle": [{"handler": "proxy_protocol"},
        {"handler": "proxy", "upstreams": [{$dial}]}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "dynamic dial"
from peers import *

a = Backend(port("A"))

def ask(to, name):
    client = connect(port(to))
    tlv = b"\x02" + struct.pack("!H", len(name)) + name
    client.sendall(proxy_v2(("192.0.2.1", 1), ("192.0.2.2", 2), tlvs=tlv) + b"hello")
    return client

clients = []
for name in (b"localhost", b"127.0.0.1"):
    for _ in range(2):
        clients.append(ask("OPEN", name))
        server = a.accept()
        expect(server, b"hello")
        server.sendall(b"answer")
        expect(clients[-1], b"answer")
        clients.append(server)
    expect_closed(ask("OPEN", name))  # two at a time for each name
for s in clients:
    s.close()

for name in (b"localhost", b"127.0.0.1", b"::1", b"::ffff:127.0.0.1", b"169.254.169.254"):
    expect_closed(ask("GUARDED", name))
for to in ("OPEN", "GUARDED"):
    for name in (b"", b"0.0.0.0", b"::", b"unix//tmp/x", b"a b", b"localhost:22", b"\xff\xfe", b"x" * 300,
                 b"../..", b"{l4.conn.remote_ip}"):
        expect_closed(ask(to, name))
a.nobody_within(0.2)
PY
wait_log pointsmand 'upstream=tcp/localhost:'
wait_log pointsmand 'refused: an address that the connection may not choose'
