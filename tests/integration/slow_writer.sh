#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Clients and upstreams that write byte by byte: the verdict on a ClientHello does not depend on how
# it was cut, and bytes go on as they come.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port) OTHER=$(free_port)
export LISTEN BACKEND OTHER
config <<JSON
{"apps": {"layer4": {"servers": {"main": {
    "listen": ["127.0.0.1:$LISTEN"],
    "matching_timeout": "15s",
    "routes": [
        {"match": [{"tls": {"sni": ["slow.example.com"]}}],
         "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$BACKEND"]}]}]},
        {"handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$OTHER"]}]}]}
    ]}}}}}
JSON
daemon

"$python" - <<'PY' || fail "slow writer"
from peers import *

backend, other = Backend(port("BACKEND")), Backend(port("OTHER"))

def dribble(s, data, size):
    for i in range(0, len(data), size):
        s.sendall(data[i:i + size])
        time.sleep(0.002)  # so that each piece is a read of its own: the pace is the test

def check(data, size, where):
    client = connect(port("LISTEN"))
    dribble(client, data, size)
    server = where.accept()
    assert read_exactly(server, len(data)) == data
    client.sendall(b"more")
    expect(server, b"more")
    dribble(server, b"an answer byte by byte", 1)
    expect(client, b"an answer byte by byte")
    client.close()
    expect_end(server)

hello = client_hello("slow.example.com", alpn=["h2", "http/1.1"])
elsewhere = client_hello("fast.example.com")
check(hello, 1, backend)
check(hello, 7, backend)
check(in_records(hello, 1), 5, backend)
check(in_records(hello, 100), 64, backend)
check(elsewhere, 1, other)
check(in_records(elsewhere, 3), 11, other)
check(b"SSH-2.0-nobody\r\n", 1, other)
PY
wait_until 30 "the end of all connections" no_connections
