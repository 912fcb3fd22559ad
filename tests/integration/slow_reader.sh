#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Clients that do not read: the upstream is slowed down, the daemon's memory does not grow with what
# waits, and no byte is lost when a client reads after all.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port)
# KiB; a sanitizer has needs of its own.
"$pointsmand" version | grep -q sanitizers=no && ROOM=4096 || ROOM=65536
export LISTEN BACKEND ROOM
simple_server "$LISTEN" '[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:'"$BACKEND"'"]}]}]' | config
daemon
export DAEMON=${pids[pointsmand]}

"$python" - <<'PY' || fail "slow reader"
import threading
from peers import *

STALLED = 40
backend = Backend(port("BACKEND"))

def pair():
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    client.connect(("127.0.0.1", port("LISTEN")))
    server = backend.accept()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    return client, server

# One that warms up what the daemon keeps per worker.
warm = [pair() for _ in range(4)]
for client, server in warm:
    server.sendall(b"x" * 1000)
    expect(client, b"x" * 1000)
before = rss_kib(port("DAEMON"))

pairs = [pair() for _ in range(STALLED)]
threads = []
sent = [0] * STALLED

def pump(i):
    sent[i] = fill(pairs[i][1], 256 << 20)

for i in range(STALLED):
    threads.append(threading.Thread(target=pump, args=(i,)))
    threads[-1].start()
for t in threads:
    t.join()
assert max(sent) < 64 << 20, f"nothing slowed the upstream down: {max(sent)} bytes went"
grown = rss_kib(port("DAEMON")) - before
print(f"{STALLED} stalled connections, {sum(sent) >> 20} MiB on the way, the daemon grew by {grown} KiB")
assert grown < STALLED * 128 + int(os.environ["ROOM"]), f"the daemon grew by {grown} KiB"

# Others are served meanwhile.
client, server = warm[0]
client.sendall(b"ping")
expect(server, b"ping")

# And what waited arrives whole.
client, server = pairs[0]
client.settimeout(TIMEOUT)
got = 0
server.shutdown(socket.SHUT_WR)
while more := client.recv(1 << 20):
    assert more.count(0) == len(more)
    got += len(more)
assert got == sent[0], f"{got} of {sent[0]} bytes arrived"

client, server = warm[1]
body = pattern(8 << 20)
sender = threading.Thread(target=lambda: (server.sendall(body), server.close()))
sender.start()
out = bytearray()
while more := client.recv(4096):
    out += more
sender.join()
assert out == body
PY
