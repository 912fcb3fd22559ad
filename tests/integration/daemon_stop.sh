#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl daemon stop: the listeners close, connections go on until they end or the time is over,
# another bound may be set meanwhile, and --wait returns when the daemon has ended.
. "$(dirname "$0")/ctl_lib.sh"
need_python

LISTEN=$(free_port)
export LISTEN sock pointsctl
simple_server "$LISTEN" '[{"handler":"echo"}]' | config

ended() { # WHAT
    wait_until 20 "the end of the daemon, $1" gone pointsmand
    local status=0
    stop pointsmand || status=$?
    same 0 $status "exit status, $1"
    [ ! -e "$sock" ] || fail "the control socket is still there, $1"
}

# --- a connection that ends ----------------------------------------------------------------------
daemon
"$python" - <<'PY' || fail "a drain"
import subprocess, time
from peers import *

ctl = [os.environ["pointsctl"], "-s", os.environ["sock"]]

def refused():
    try:
        connect(port("LISTEN")).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False

client = connect(port("LISTEN"))
client.sendall(b"before")
expect(client, b"before")
stop = subprocess.Popen(ctl + ["daemon", "stop", "--drain", "2m", "--wait"],
    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
assert stop.stdout.readline() == "stopping: 1 connection may go on for at most 120s\n"
assert stop.stderr.readline() == "1 left\n"
within(10, "the listener to close", refused)
client.sendall(b"after")
expect(client, b"after")
assert stop.poll() is None
client.close()
out, err = stop.communicate(timeout=30)
assert stop.returncode == 0, (stop.returncode, out, err)
PY
ended "after its connection"

# --- one that does not: another bound -------------------------------------------------------------
daemon
"$python" - <<'PY' || fail "another bound"
import json, subprocess
from peers import *

ctl = [os.environ["pointsctl"], "-s", os.environ["sock"]]
client = connect(port("LISTEN"))
client.sendall(b"before")
expect(client, b"before")
said = json.loads(subprocess.check_output(ctl + ["-j", "daemon", "stop", "--drain", "1h"]))
assert said["connections"] == 1 and said["drain"] == 3600, said
client.sendall(b"after")
expect(client, b"after")
subprocess.check_call(ctl + ["daemon", "stop", "--drain", "0", "--wait"], timeout=30)
expect_closed(client)
PY
ended "at once"

# --- by the document, and refused -----------------------------------------------------------------
daemon
code 2 daemon stop --drain soon
code 2 daemon stop --drain -5s
ctl -j daemon stop >"$tmp/out" || fail "daemon stop"
ended "without a word about time"
"$python" -c 'import json, sys; assert json.load(open(sys.argv[1]))["drain"] == 30' "$tmp/out" ||
    fail "the default: $(cat "$tmp/out")"
code 3 daemon stop
