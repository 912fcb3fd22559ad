#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A reset is passed on as a reset, after the data that came before it.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
simple_server "$LISTEN" '[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:'"$BACKEND"'"]}]}]' | config
daemon

"$python" - <<'PY' || fail "reset"
from peers import *

backend = Backend(port("BACKEND"))

def pair():
    client = connect(port("LISTEN"))
    client.sendall(b"hello")
    server = backend.accept()
    expect(server, b"hello")
    return client, server

client, server = pair()
reset(client)
expect_reset(server)

client, server = pair()
reset(server)
expect_reset(client)

# Data right before the reset is not lost on the way to the upstream.
client, server = pair()
client.sendall(b"last words")
reset(client)
expect(server, b"last words")
expect_reset(server)

client, server = pair()
server.sendall(b"last words")
reset(server)
expect(client, b"last words")
expect_reset(client)

# After one direction has ended in order, too.
client, server = pair()
client.shutdown(socket.SHUT_WR)
expect_end(server)
reset(server)
expect_reset(client)
PY
wait_until 10 "the end of all connections" no_connections
wait_log pointsmand client_reset
wait_log pointsmand upstream_reset
