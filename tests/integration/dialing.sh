#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Dialling takes its time: an upstream that does not answer, a client that speaks, ends or resets
# meanwhile, one that is tried again until it is there, and limits of connections.
. "$(dirname "$0")/lib.sh"
need_python

SLOW=$(free_port) PATIENT=$(free_port) AGAIN=$(free_port) LIMITED=$(free_port) NAMELESS=$(free_port)
A=$(free_port) B=$(free_port) HOLE=$(free_port) LATE=$(free_port)
export SLOW PATIENT AGAIN LIMITED A B HOLE LATE NAMELESS
config <<JSON
{"apps": {"layer4": {"servers": {
    "slow": {"listen": ["127.0.0.1:$SLOW"], "routes": [{"handle": [{"handler": "proxy",
        "dial_timeout": "500ms",
        "upstreams": [{"dial": ["127.0.0.1:$HOLE", "127.0.0.1:$A"]}]}]}]},
    "patient": {"listen": ["127.0.0.1:$PATIENT"], "routes": [{"handle": [{"handler": "proxy",
        "dial_timeout": "1m",
        "upstreams": [{"dial": ["127.0.0.1:$HOLE", "127.0.0.1:$A"]}]}]}]},
    "again": {"listen": ["127.0.0.1:$AGAIN"], "routes": [{"handle": [{"handler": "proxy",
        "load_balancing": {"try_duration": "15s", "try_interval": "50ms"},
        "upstreams": [{"dial": ["127.0.0.1:$LATE"]}]}]}]},
    "limited": {"listen": ["127.0.0.1:$LIMITED"], "routes": [{"handle": [{"handler": "proxy",
        "load_balancing": {"selection": {"policy": "first"}},
        "upstreams": [{"dial": ["127.0.0.1:$A"], "max_connections": 2},
            {"dial": ["127.0.0.1:$B"], "max_connections": 1}]}]}]},
    "nameless": {"listen": ["127.0.0.1:$NAMELESS"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["no-such-name.invalid:80"]}, {"dial": ["127.0.0.1:$A"]}],
        "load_balancing": {"selection": {"policy": "first"}}}]}]}
}}}}
JSON
daemon
export LOG=$tmp/pointsmand.log

"$python" - <<'PY' || fail "dialling"
import select
import threading
from peers import *

a, b = Backend(port("A")), Backend(port("B"))

# A listener whose queue is full takes no connection and refuses none.
hole = socket.socket()
hole.bind(("127.0.0.1", port("HOLE")))
hole.listen(0)
fill = []
for _ in range(3):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("127.0.0.1", port("HOLE")))
    fill.append(s)

# dial_timeout, then the next address. What the client says meanwhile is not lost, nor its end.
for size in (0, 3, 300_000):
    data = pattern(size)
    start = time.monotonic()
    client = connect(port("SLOW"))
    sender = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
    sender.start()
    server = a.accept()
    waited = time.monotonic() - start
    assert waited > 0.4, waited
    assert read_all(server) == data
    sender.join()
    server.sendall(b"answer")
    server.close()
    assert read_all(client) == b"answer"

# A client that resets ends the dialling: the next address is not tried.
client = connect(port("PATIENT"))
reset(client)
within(TIMEOUT, "the end of the dialling", lambda: "end=client_reset" in open(os.environ["LOG"]).read())
a.nobody_within(0.2)

# Tried again until it is there.
client = connect(port("AGAIN"))
time.sleep(0.3)
late = Backend(port("LATE"))
server = late.accept()
server.sendall(b"late")
expect(client, b"late")
client.close()

# Limits: two to the first, one to the second, then none; and again when one has gone.
def limited():
    return connect(port("LIMITED"))

clients, servers = [], []
for _ in range(2):
    clients.append(limited())
    servers.append(a.accept())
clients.append(limited())
servers.append(b.accept())
expect_closed(limited())
servers[0].close()
expect_end(clients[0])
clients[0].close()

# That it has gone is not known to every worker at once.
def has_room():
    client = limited()
    ready, _, _ = select.select([client, a.socket], [], [], TIMEOUT)
    if a.socket not in ready:
        return False
    a.accept().sendall(b"again")
    expect(client, b"again")
    return True

within(TIMEOUT, "room at the first", has_room)

# A name that does not exist fails at once, or after dial_timeout where DNS does not answer.
client = connect(port("NAMELESS"))
a.accept().sendall(b"other")
expect(client, b"other")
PY
wait_log pointsmand 'end=client_reset.*while dialling'
wait_log pointsmand 'end=no_upstream'
