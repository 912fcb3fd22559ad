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
import fcntl
import termios
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

# However slowly the client takes it.
def unsent(s):
    return struct.unpack("i", fcntl.ioctl(s, termios.TIOCOUTQ, b"\0" * 4))[0]

def pending_reset():
    """A client to which a reset is on its way, behind bytes that it has not read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    client.connect(("127.0.0.1", port("LISTEN")))
    server = backend.accept()
    body = pattern(1 << 20)
    server.sendall(body)
    within(TIMEOUT, "the daemon to take all", lambda: unsent(server) == 0)
    reset(server)
    return client, body

client, body = pending_reset()
got = b""
while len(got) < len(body):
    got += read_exactly(client, min(32768, len(body) - len(got)))
    time.sleep(0.2)  # 6.4 s in all: the pace is the test
assert got == body
expect_reset(client)

# It does not outlive a client that goes away meanwhile.
client, _ = pending_reset()
client.close()

# After one direction has ended in order, too.
client, server = pair()
client.shutdown(socket.SHUT_WR)
expect_end(server)
reset(server)
expect_reset(client)
PY
wait_until 30 "the end of all connections" no_connections
wait_log pointsmand client_reset
wait_log pointsmand upstream_reset
