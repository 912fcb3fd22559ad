#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A range of ports is dialled port by port as it is listened on, over TCP and UDP, also where the
# host depends on the connection.
. "$(dirname "$0")/lib.sh"
need_python
own_network || skip "needs root and a network namespace of its own"

config <<JSON
{"apps": {"layer4": {"servers": {
    "tcp": {"listen": ["127.0.0.1:3001-3003"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["127.0.0.1:4001-4003"]}]}]}]},
    "host": {"listen": [":5001-5002", "127.0.0.1:5011-5012"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["{l4.conn.local_ip}:4002-4003"], "allow_local": true}]}]}]},
    "udp": {"listen": ["udp/127.0.0.1:3001-3003"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["udp/127.0.0.1:4001-4003"]}]}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "port ranges"
from peers import *

backends = {p: Backend(p) for p in (4001, 4002, 4003)}
def arrives(listen, at):
    client = connect(listen)
    client.sendall(b"x")
    server = backends[at].accept()
    expect(server, b"x")
for listen, at in ((3001, 4001), (3003, 4003), (3002, 4002), (5001, 4002), (5002, 4003), (5012, 4003)):
    arrives(listen, at)

sockets = {}
for p in (4001, 4002, 4003):
    sockets[p] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sockets[p].bind(("127.0.0.1", p))
for i in (2, 0, 1):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.sendto(b"hello", ("127.0.0.1", 3001 + i))
    data, back = sockets[4001 + i].recvfrom(100)
    assert data == b"hello"
    sockets[4001 + i].sendto(b"answer", back)
    assert client.recvfrom(100) == (b"answer", ("127.0.0.1", 3001 + i))
PY
