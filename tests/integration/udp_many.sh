#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 10,000 datagrams of 100 clients on their way at once, as far as socket buffers hold them: none is
# lost, none comes twice or to another, and each client's stay in order.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["udp/:$LISTEN"], "routes": [{"handle": [{"handler": "proxy",
    "upstreams": [{"dial": ["udp/127.0.0.1:$BACKEND"]}]}]}]}}}}}
JSON
daemon

"$python" - <<'PY' || fail "many datagrams"
import threading
from peers import *

CLIENTS, EACH, SO_RCVBUFFORCE, SKB = 100, 100, 33, 1024
backend = datagrams(("127.0.0.1", port("BACKEND")))
try:
    backend.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
except PermissionError:
    pass  # what is on its way at once is less, then
fitting = backend.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // SKB
each = min(EACH, fitting // CLIENTS)
assert each > 0
clients = [datagrams(to=port("LISTEN")) for _ in range(CLIENTS)]

def serve():
    while (got := backend.recvfrom(CHUNK))[0] != b"end":
        backend.sendto(*got)

server = threading.Thread(target=serve)
server.start()
for first in range(0, EACH, each):
    for i in range(first, first + each):
        for n, client in enumerate(clients):
            client.send(b"%d %d" % (n, i))
    for n, client in enumerate(clients):
        for i in range(first, first + each):
            expect_datagram(client, b"%d %d" % (n, i))
for client in clients:
    expect_no_datagram(client, 0.001)
backend.sendto(b"end", backend.getsockname())
server.join()
print(f"{CLIENTS * each} on their way at once")
PY
same 0 "$(ctl -j status | "$python" -c 'import json, sys; print(json.load(sys.stdin)["datagrams_lost"])')" "lost datagrams"
