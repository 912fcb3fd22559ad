#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SIGHUP: newcomers get the new routes, who is connected keeps the old one, no connection is refused
# on the way; a file that does not load changes nothing.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) A=$(free_port) B=$(free_port)
export LISTEN A B
to() {
    simple_server "$LISTEN" '[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:'"$1"'"]}]}]'
}
to "$A" | config
to "$B" | config next.json
daemon
DAEMON=${pids[pointsmand]}
export DAEMON tmp

"$python" - <<'PY' || fail "reload"
import shutil, signal, threading
from peers import *

a, b = Backend(port("A")), Backend(port("B"))
tmp = os.environ["tmp"]

def reload(name):
    shutil.copy(f"{tmp}/{name}", f"{tmp}/config.new")
    os.rename(f"{tmp}/config.new", f"{tmp}/config.json")
    os.kill(port("DAEMON"), signal.SIGHUP)

def goes_to(backend):
    """Is a newcomer carried to backend?"""
    client = connect(port("LISTEN"))
    backend.socket.settimeout(0.3)
    try:
        backend.accept().close()
        return True
    except TimeoutError:
        return False
    finally:
        client.close()

client = connect(port("LISTEN"))
server = a.accept()
client.sendall(b"before")
expect(server, b"before")
shutil.copy(f"{tmp}/config.json", f"{tmp}/first.json")
reload("next.json")
within(30, "the new route", lambda: goes_to(b))
client.sendall(b"after")
expect(server, b"after")
server.sendall(b"answer")
expect(client, b"answer")

# Not a single newcomer is refused while it is read again and again.
refused = []
stop = threading.Event()

def knock():
    while not stop.is_set():
        try:
            connect(port("LISTEN")).close()
        except OSError as e:
            refused.append(e)

def answer(backend):
    """Takes who comes, so that none of them waits for an upstream."""
    backend.socket.settimeout(0.2)
    while not stop.is_set():
        try:
            backend.accept().close()
        except TimeoutError:
            pass

threads = [threading.Thread(target=knock)]
threads += [threading.Thread(target=answer, args=(backend,)) for backend in (a, b)]
for thread in threads:
    thread.start()
for i in range(20):
    reload("next.json" if i % 2 else "first.json")
    time.sleep(0.05)  # the pace of the reloads
stop.set()
for thread in threads:
    thread.join()
assert not refused, refused

open(f"{tmp}/broken.json", "w").write('{"apps": {"layer4": {"serverss": {}}}}')
reload("broken.json")
PY
wait_log pointsmand "did you mean 'servers'"
"$python" -c 'from peers import *; connect(port("LISTEN"))' || fail "a bad file stopped the daemon"
