#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Reloads lose no datagram: flows keep their route and their upstream socket, newcomers get the new
# one; an address that is removed serves the flows that it has, lets go of the port when they have
# ended, and can come back before; a paused one takes no newcomers.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) OTHER=$(free_port) A=$(free_port) B=$(free_port)
export LISTEN OTHER A B
document() { # UPSTREAM LISTEN-JSON [MORE]
    echo '{"apps": {"layer4": {"servers": {"main": {"idle_timeout": "8s", "listen": ['"$2"'], '"${3:-}"'
        "routes": [{"handle": [{"handler": "proxy", "upstreams": [{"dial": ["udp/127.0.0.1:'"$1"'"]}]}]}]}}}}}'
}
both='"udp/:'$LISTEN'", "unixgram/'$tmp/listen.sock'", "udp/127.0.0.1:'$OTHER'"'
document "$A" "$both" | config
document "$A" "$both" | config first.json
document "$B" "$both" | config next.json
document "$B" '"udp/127.0.0.1:'$OTHER'"' | config removed.json
document "$B" "$both" '"paused": ["udp/:'$LISTEN'"],' | config paused.json
daemon
DAEMON=${pids[pointsmand]}
export DAEMON tmp POINTSMAND_LOG=$tmp/pointsmand.log

"$python" - <<'PY' || fail "reload"
import shutil, signal, threading
from peers import *

a, b = datagrams(("127.0.0.1", port("A"))), datagrams(("127.0.0.1", port("B")))
tmp = os.environ["tmp"]

def revisions():
    with open(os.environ["POINTSMAND_LOG"]) as f:
        return f.read().count("is in force")

def reload(name):
    before = revisions()
    shutil.copy(f"{tmp}/{name}", f"{tmp}/config.new")
    os.rename(f"{tmp}/config.new", f"{tmp}/config.json")
    os.kill(port("DAEMON"), signal.SIGHUP)
    within(30, name, lambda: revisions() > before)

def ask(client, backend, data=b"ask"):
    """Goes through to backend and comes back; returns the upstream socket's address."""
    client.send(data)
    got, source = backend.recvfrom(CHUNK)
    assert got == data, (got, data)
    backend.sendto(data, source)
    expect_datagram(client, data)
    return source

def unix_client(name):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(f"{tmp}/{name}")
    s.connect(f"{tmp}/listen.sock")
    return s

# Many flows in traffic during reloads: each datagram comes through, on the same upstream socket.
clients = [datagrams(to=port("LISTEN")) for _ in range(40)]
sources = [ask(c, a) for c in clients]
stop = threading.Event()
problems, rounds = [], 0

def traffic():
    global rounds
    try:
        while not stop.is_set():
            for client, source in zip(clients, sources):
                assert ask(client, a, b"%d" % rounds) == source
            rounds += 1
    except Exception as e:
        problems.append(e)

thread = threading.Thread(target=traffic)
thread.start()
for i in range(6):
    reload("next.json" if i % 2 == 0 else "first.json")
stop.set()
thread.join()
assert not problems and rounds > 0, problems
reload("next.json")
assert ask(clients[0], a) == sources[0]
fresh = datagrams(to=port("LISTEN"))
ask(fresh, b)

# Removed: who is there goes on, nobody else begins.
unix = unix_client("one")
at_unix = ask(unix, b)
reload("removed.json")
assert [ask(c, a) for c in clients] == sources
assert ask(unix, b) == at_unix
late = [datagrams(to=port("LISTEN")) for _ in range(8)] + [unix_client("two")]
for client in late:
    client.send(b"late")
expect_no_datagram(b)
ask(datagrams(to=port("OTHER")), b)

# It comes back while flows are there, which stay; newcomers are welcome again.
reload("next.json")
assert [ask(c, a) for c in clients] == sources
assert ask(unix, b) == at_unix
for client in late:
    ask(client, b)

# Paused: the same, without removing it.
reload("paused.json")
assert [ask(c, a) for c in clients] == sources
later = datagrams(to=port("LISTEN"))
later.send(b"later")
expect_no_datagram(b)
reload("next.json")
ask(later, b)

# Without flows the port is free for others.
def is_free():
    try:
        datagrams(("127.0.0.1", port("LISTEN"))).close()
        return True
    except OSError:
        return False

reload("removed.json")
assert not is_free(), "closed with flows"
within(30, "the port to be free", is_free)
reload("next.json")
ask(datagrams(to=port("LISTEN")), b)
ask(unix_client("three"), b)
PY
same 0 "$(ctl -j status | "$python" -c 'import json, sys; print(json.load(sys.stdin)["flows_refused"])')" "refusals"
