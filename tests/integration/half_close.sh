#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An end of stream in one direction is carried through, and the other direction goes on.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
simple_server "$LISTEN" '[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:'"$BACKEND"'"]}]}]' | config
daemon

"$python" - <<'PY' || fail "half-close"
from peers import *

backend = Backend(port("BACKEND"))

# The client ends first: the answer comes after its end, as with `nc -N`.
client = connect(port("LISTEN"))
client.sendall(b"question")
client.shutdown(socket.SHUT_WR)
server = backend.accept()
assert read_all(server) == b"question"
answer = pattern(3 << 20)
server.sendall(answer[:100])
expect(client, answer[:100])
server.sendall(answer[100:])
server.close()
assert read_all(client) == answer[100:]
client.close()

# The upstream ends first: the client's bytes still arrive.
client = connect(port("LISTEN"))
server = backend.accept()
server.sendall(b"greeting")
server.shutdown(socket.SHUT_WR)
assert read_all(client) == b"greeting"
client.sendall(b"last words")
expect(server, b"last words")
client.close()
expect_end(server)

# Both at once.
client = connect(port("LISTEN"))
server = backend.accept()
client.shutdown(socket.SHUT_WR)
server.shutdown(socket.SHUT_WR)
expect_end(client)
expect_end(server)
PY
wait_until 30 "the end of all connections" no_connections
