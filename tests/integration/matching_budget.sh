#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What undecided connections hold is bounded for each worker: over that the oldest one is closed, so
# that clients which never finish their ClientHello neither eat the memory nor shut out a good one.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
config <<JSON
{"apps": {"layer4": {"servers": {"main": {
    "listen": ["127.0.0.1:$LISTEN"],
    "matching_timeout": "5m",
    "routes": [{"match": [{"tls": {"sni": ["a.example.com"]}}],
        "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$BACKEND"]}]}]}]}}}}}
JSON
daemon "$tmp/config.json" --workers 1
export DAEMON=${pids[pointsmand]}

"$python" - <<'PY' || fail "matching budget"
import select
from peers import *

BUDGET = 32 << 20
MOST = 900  # some 500 would do: each holds 60,000 bytes at least

# A hello of 65,000 bytes whose last ones never come, in records of 16 KiB.
message = b"\x01\x00\xfd\xe4" + b"\x03\x03" + bytes(32) + b"\0\0\2\x13\x01\1\0" + bytes(60000)
hello = in_records(b"\x16\x03\x01\0\0" + message, 16384)

backend = Backend(port("BACKEND"))
before = rss_kib(port("DAEMON"))
clients = []
closed = []
while not closed:
    assert len(clients) < MOST, f"{len(clients)} clients, and none was closed"
    client = connect(port("LISTEN"))
    client.sendall(hello)
    clients.append(client)
    closed = select.select(clients, [], [], 0.02)[0]
# The oldest, and not the ones that came last.
assert clients[0] in closed, [clients.index(c) for c in closed]
assert clients[-1] not in closed
grown = rss_kib(port("DAEMON")) - before
print(f"{len(clients)} undecided clients, {grown} KiB")
assert grown < (BUDGET >> 10) * 4, f"the daemon grew by {grown} KiB"

good = client_hello("a.example.com")
client = connect(port("LISTEN"))
client.sendall(good)
expect(backend.accept(), good)
PY
wait_log pointsmand 'end=matching_budget'
