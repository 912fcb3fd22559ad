#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Connections that were to be ended after a time go on where their route or upstream is enabled again
# before, or the change is taken back; others do not. A Unix socket's name that is being closed is
# never said to be another program's.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) A=$(free_port) B=$(free_port)
export LISTEN A B SOCK=$sock UNIX=$tmp/unix
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [{"@id": "web",
    "handle": [{"handler": "proxy", "load_balancing": {"selection": {"policy": "first"}},
        "upstreams": [{"@id": "a", "dial": ["127.0.0.1:$A"]}, {"@id": "b", "dial": ["127.0.0.1:$B"]}]}]}]}}}}}
JSON
daemon

"$python" - <<'PY' || fail "changes undone"
import json
from control_client import Client
from peers import *

control = Client(os.environ["SOCK"])
a, b = Backend(port("A")), Backend(port("B"))
DRAIN = {"existing": "drain", "drain": "3s"}

def txn(*operations, **more):
    return control.call("txn.apply", operations=json.dumps(operations), **more)[0]

def open_to(backend):
    client = connect(port("LISTEN"))
    return client, backend.accept()

def alive(pair):
    pair[0].sendall(b"still here")
    expect(pair[1], b"still here")

def disable_a(**more):
    answer = txn({"op": "upstream.disable", "proxy": "web", "id": "a", **DRAIN}, **more)
    assert answer["connections"] == [1], answer

# Enabled again before the time is over.
one = open_to(a)
disable_a()
answer = txn({"op": "upstream.enable", "proxy": "web", "id": "a"})
assert answer["connections"] == [0], answer
txn({"op": "route.disable", "id": "web", **DRAIN})
txn({"op": "route.enable", "id": "web"})

# Not confirmed, and rolled back.
revision = lambda: control.call("ping")[0]["rev"]
disable_a(confirm_s=1)
before = revision()
within(TIMEOUT, "what was before", lambda: revision() > before)
before = revision()
disable_a()
control.call("config.rollback", revision=before)
time.sleep(3.3)
alive(one)

# What is enabled, or returned to, is something else.
disable_a()
disabled = revision()
txn({"op": "upstream.disable", "proxy": "web", "id": "b"})
txn({"op": "upstream.enable", "proxy": "web", "id": "b"})
control.call("config.rollback", revision=disabled)
expect_closed(one[0])

# The answer to the second may come first.
name = f"unix/{os.environ['UNIX']}"
for _ in range(30):
    ids = [control.send("txn.apply", {"operations": json.dumps([operation])}) for operation in (
        {"op": "listener.add", "server": "main", "address": name},
        {"op": "listener.rm", "address": name},
        {"op": "listener.add", "server": "main", "address": name})]
    codes = [error["code"] for _, _, error, _ in (control.receive() for _ in ids) if error]
    assert codes in ([], ["busy"]), codes
    if not codes:
        txn({"op": "listener.rm", "address": name})
PY
