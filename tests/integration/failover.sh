#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Failover while no byte has gone: over the addresses of one upstream in their order, then over
# upstreams; a dead end is closed and says why. Selection policies.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) FIRST=$(free_port) ROBIN=$(free_port) DEAD=$(free_port)
A=$(free_port) B=$(free_port) NOBODY=$(free_port) NOBODY2=$(free_port)
export LISTEN FIRST ROBIN DEAD A B
config <<JSON
{"apps": {"layer4": {"servers": {
    "addresses": {"listen": ["127.0.0.1:$LISTEN"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["127.0.0.1:$NOBODY", "localhost:$NOBODY2", "127.0.0.1:$A", "127.0.0.1:$B"]}]}]}]},
    "first": {"listen": ["127.0.0.1:$FIRST"], "routes": [{"handle": [{"handler": "proxy",
        "load_balancing": {"selection": {"policy": "first"}, "try_duration": "3s"},
        "upstreams": [{"dial": ["127.0.0.1:$NOBODY"]}, {"dial": ["127.0.0.1:$B"]}]}]}]},
    "robin": {"listen": ["127.0.0.1:$ROBIN"], "routes": [{"handle": [{"handler": "proxy",
        "load_balancing": {"selection": {"policy": "round_robin"}},
        "upstreams": [{"dial": ["127.0.0.1:$A"]}, {"dial": ["127.0.0.1:$B"]}]}]}]},
    "dead": {"listen": ["127.0.0.1:$DEAD"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["127.0.0.1:$NOBODY", "127.0.0.1:$NOBODY2"]}]}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "failover"
import threading
from peers import *

a, b = Backend(port("A")), Backend(port("B"))
names = {}

def answer(backend, name):
    backend.socket.settimeout(None)
    while True:
        s = backend.accept()
        s.sendall(name)
        threading.Thread(target=lambda s=s: (read_all(s), s.close()), daemon=True).start()

for backend, name in ((a, b"A"), (b, b"B")):
    threading.Thread(target=answer, args=(backend, name), daemon=True).start()

def ask(listener):
    client = connect(port(listener))
    client.sendall(b"hello")
    answer = read_exactly(client, 1)
    client.close()
    return answer

# The addresses of one upstream are tried in their order, each time anew.
assert [ask("LISTEN") for _ in range(5)] == [b"A"] * 5
assert [ask("FIRST") for _ in range(5)] == [b"B"] * 5
# Cursors are a worker's own, so the shares are even by worker, not the order of all.
got = [ask("ROBIN") for _ in range(40)]
assert 15 <= got.count(b"A") <= 25, got

client = connect(port("DEAD"))
client.sendall(b"hello")
expect_closed(client)
PY
wait_log pointsmand dial_failed
