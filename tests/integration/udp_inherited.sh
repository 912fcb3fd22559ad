#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# fdgram/N: a socket of datagrams that the program was started with is served, with several workers,
# and answers from the address that was asked.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port)
export LISTEN SOCK=$sock POINTSCTL=$pointsctl
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["fdgram/7"], "max_flows": 3,
    "routes": [{"handle": [{"handler": "echo"}]}]}}}}}
JSON
start pointsmand "$python" -c '
import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(os.environ["LISTEN"])))
os.dup2(s.fileno(), 7)
os.set_inheritable(7, True) # where it was 7 already
os.execv(sys.argv[1], sys.argv[1:])' \
    "$pointsmand" run --config "$tmp/config.json" --control "$sock" --state "$tmp/state" --workers 3
wait_until 30 "the control socket" answers
running pointsmand || fail "the daemon did not start"

"$python" - <<'PY' || fail "an inherited socket"
import json, subprocess
from peers import *

clients = [datagrams() for _ in range(4)]
for host in ("127.0.0.1", "127.0.0.8"):
    clients[0].sendto(b"hello", (host, port("LISTEN")))
    assert clients[0].recvfrom(CHUNK) == (b"hello", (host, port("LISTEN")))
# It is one worker's alone, which has the whole of max_flows.
clients[1].connect(("127.0.0.1", port("LISTEN")))
clients[1].send(b"third")
expect_datagram(clients[1], b"third")
clients[2].connect(("127.0.0.1", port("LISTEN")))
clients[2].send(b"fourth")
expect_no_datagram(clients[2])
out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", "conn", "ls"],
    check=True, stdout=subprocess.PIPE).stdout
rows = json.loads(out)["items"]
assert [(c["listener"], c["proto"]) for c in rows] == [("fdgram/7", "udp")] * 3, rows
out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", "conn", "show", str(rows[0]["id"])],
    check=True, stdout=subprocess.PIPE).stdout
shown = json.loads(out)
assert shown["local"] == "127.0.0.1:%d" % port("LISTEN") and shown["streams"] == [], shown
PY
