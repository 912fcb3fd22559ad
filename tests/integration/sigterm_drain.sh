#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SIGTERM: no new connections, those that are there go on to their end, then the daemon leaves with
# status 0; meanwhile nobody changes or saves anything. SIGQUIT ends it at once.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
simple_server "$LISTEN" '[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:'"$BACKEND"'"]}]}]' | config
daemon
DAEMON=${pids[pointsmand]}
export DAEMON

"$python" - "$pointsctl" "$sock" <<'PY' || fail "drain"
import signal, subprocess, sys
from peers import *

def refused():
    try:
        connect(port("LISTEN")).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it was on its way when the listener closed
        pass
    return False

def refused_change(*args):
    done = subprocess.run(sys.argv[1:2] + ["-s", sys.argv[2]] + list(args), capture_output=True,
        input=b"{}", timeout=TIMEOUT)
    assert done.returncode == 10 and b"is stopping" in done.stderr, done

backend = Backend(port("BACKEND"))
client = connect(port("LISTEN"))
client.sendall(b"before")
server = backend.accept()
expect(server, b"before")
os.kill(port("DAEMON"), signal.SIGTERM)
within(30, "the listener to close", refused)
# What runs now is nothing, which nobody wants after the next start.
refused_change("config", "save")
refused_change("config", "reload")
refused_change("config", "rollback", "1")
refused_change("config", "apply")
refused_change("server", "add", "other")
# Also where it names what is no longer in force.
refused_change("server", "rm", "main")
refused_change("route", "add", "--server", "main")
refused_change("route", "disable", "#1")
refused_change("upstream", "add", "#1", "127.0.0.1:1")
refused_change("listener", "pause", f"127.0.0.1:{port('LISTEN')}")
refused_change("-n", "route", "rm", "#1")
refused_change("--if-rev", "1", "route", "rm", "#1")
os.kill(port("DAEMON"), signal.SIGHUP)
assert refused()
body = pattern(1 << 20)
client.sendall(b"after")
expect(server, b"after")
server.sendall(body)
assert read_exactly(client, len(body)) == body
client.close()
expect_end(server)
server.close()
PY
wait_until 30 "the end of the daemon" gone pointsmand
status=0
stop pointsmand || status=$?
same 0 $status "exit status after SIGTERM"
[ ! -e "$sock" ] || fail "the control socket is still there"

daemon
code 0 -j status
json 'out["servers"] == 1 and out["saved"] == 0'
"$python" - "${pids[pointsmand]}" <<'PY' || fail "SIGQUIT"
import signal, sys
from peers import *

backend = Backend(port("BACKEND"))
client = connect(port("LISTEN"))
client.sendall(b"before")
expect(backend.accept(), b"before")
os.kill(int(sys.argv[1]), signal.SIGQUIT)
expect_closed(client)
PY
wait_until 30 "the end of the daemon" gone pointsmand
status=0
stop pointsmand || status=$?
same 0 $status "exit status after SIGQUIT"
