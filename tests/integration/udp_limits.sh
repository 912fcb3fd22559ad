#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# max_flows and max_flows_per_source refuse new clients, count them, and touch no flow that is
# there; room that becomes free is used again.
. "$(dirname "$0")/lib.sh"
need_python

ECHO=$(free_port)
export ECHO SOCK=$sock POINTSCTL=$pointsctl
config <<JSON
{"apps": {"layer4": {"servers": {"echo": {"listen": ["udp/127.0.0.1:$ECHO"], "max_flows": 8,
    "max_flows_per_source": 5, "routes": [{"handle": [{"handler": "echo"}]}]}}}}}
JSON
daemon "$tmp/config.json" --workers 1 # so that the limits are met exactly

"$python" - <<'PY' || fail "limits"
import json, subprocess
from peers import *

def ctl(*args):
    out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", *args],
        check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)

def clients(host, count):
    return [datagrams((host, 0), port("ECHO")) for _ in range(count)]

def refused():
    return ctl("status")["flows_refused"]

def served(s):
    """Is it answered, or counted as refused?"""
    before = refused()
    s.settimeout(0.1)
    s.send(b"x")
    for _ in range(100):
        try:
            return s.recv(10) == b"x"
        except TimeoutError:
            if refused() > before:
                return False
    raise AssertionError("neither answered nor refused")

one = clients("127.0.0.1", 7)
assert [served(s) for s in one] == [True] * 5 + [False] * 2
two = clients("127.0.0.2", 4)
assert [served(s) for s in two] == [True] * 3 + [False]
assert refused() == 3
assert ctl("status")["connections"] == 8
assert all(served(s) for s in one[:5] + two[:3])

# One of each source goes, which leaves room for one of each.
for s in (one[0], two[0]):
    src = "%s:%d" % s.getsockname()
    ctl("conn", "kill", *[str(c["id"]) for c in ctl("conn", "ls")["items"] if c["src"] == src])
assert [served(s) for s in one[5:]] == [True, False]
assert [served(s) for s in two[3:]] == [True]
assert refused() == 4
PY
same 1 "$(grep -c 'no more clients than max_flows' "$tmp/pointsmand.log")" "complaints within a minute"
wait_log pointsmand 'max_flows_per_source allows; 127.0.0.1:[0-9]+ is ignored'
