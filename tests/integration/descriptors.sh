#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# More clients than descriptors: the newcomers wait, the daemon can still dial, read its
# configuration and answer pointsctl; who waits is served once others have left.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) UPSTREAM=$(free_port)
export LISTEN UPSTREAM
simple_server "$LISTEN" '[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:'"$UPSTREAM"'"]}]}]' | config
printf '#!/bin/bash\nulimit -n 200\nexec "%s" "$@"\n' "$pointsmand" >"$tmp/few"
chmod +x "$tmp/few"
pointsmand=$tmp/few
daemon
export DAEMON=${pids[pointsmand]} POINTSCTL=$pointsctl SOCK=$sock POINTSMAND_LOG=$tmp/pointsmand.log

"$python" - <<'PY' || fail "descriptors"
import select, signal, subprocess
from peers import *

backend = Backend(port("UPSTREAM"))
backend.socket.setblocking(False)
held = []

def serve():
    """Takes the connections that have come to the backend and greets each; how many there are."""
    while True:
        try:
            s, _ = backend.socket.accept()
        except BlockingIOError:
            return len(held)
        s.sendall(b"hello")
        held.append(s)

def log():
    with open(os.environ["POINTSMAND_LOG"]) as f:
        return f.read()

clients = [connect(port("LISTEN")) for _ in range(150)]
within(30, "newcomers that wait", lambda: serve() and "newcomers wait" in log())
assert "end=" not in log(), "a connection was ended for want of descriptors"

# Those that were accepted are dialled for, and there is room for more than that.
ls = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-o", "name", "conn", "ls"],
                    capture_output=True, text=True, timeout=TIMEOUT)
assert ls.returncode == 0, ls
accepted = len(ls.stdout.split())
assert accepted < 150, accepted
within(30, "an upstream for each", lambda: serve() == accepted)
os.kill(port("DAEMON"), signal.SIGHUP)
within(30, "the reload", lambda: "revision 2 is in force" in log())

# Who leaves makes room: in the end everyone has been greeted.
greeted = 0
waiting = set(clients)
while waiting:
    serve()
    ready, _, _ = select.select(list(waiting), [], [], 0.1)
    for s in ready:
        expect(s, b"hello")
        s.close()
        waiting.discard(s)
        greeted += 1
    for s in held:
        s.close()
assert greeted == 150, greeted
PY
