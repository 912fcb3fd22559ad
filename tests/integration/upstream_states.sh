#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The three states of an upstream over the control socket: disabled it is not chosen, forced up or
# down against what checks say; and what happens to its connections, also to those that hold an
# earlier form of their route.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) A=$(free_port) B=$(free_port)
export LISTEN A B SOCK=$sock
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [{"@id": "web",
    "handle": [{"handler": "proxy", "load_balancing": {"selection": {"policy": "first"}},
        "health_checks": {"passive": {"fail_duration": "1h", "max_fails": 1}},
        "upstreams": [{"@id": "a", "dial": ["127.0.0.1:$A"]}, {"@id": "b", "dial": ["127.0.0.1:$B"]}]}]}]}}}}}
JSON
daemon
start events "$pointsctl" -s "$sock" monitor --since 0 upstream

"$python" - <<'PY' || fail "states"
import json
from control_client import Client, ControlError
from peers import *

control = Client(os.environ["SOCK"])
a, b = Backend(port("A")), Backend(port("B"))

def txn(*operations, **more):
    return control.call("txn.apply", operations=json.dumps(operations), **more)[0]

def states(name):
    u = control.call("upstream.show", proxy="web", id=name)[0]
    return u["admin"], u["health"], u["forced"], u["effective"]

def goes_to(backend):
    client = connect(port("LISTEN"))
    server = backend.accept()
    return client, server

assert states("a") == ("enabled", "up", "auto", "up"), states("a")
old = goes_to(a)

# Disabled: not chosen any more, and who is connected stays.
answer = txn({"op": "upstream.disable", "proxy": "web", "id": "a"})
assert answer["connections"] == [1], answer
assert states("a") == ("disabled", "up", "auto", "draining"), states("a")
goes_to(b)
old[0].sendall(b"still here")
expect(old[1], b"still here")

# That connection holds the route as it was before; it is found nevertheless.
answer = txn({"op": "upstream.disable", "proxy": "web", "id": "a", "existing": "kill"})
assert answer["connections"] == [1], answer
expect_closed(old[0])
within(30, "the end of the drain", lambda: states("a")[3] == "disabled")
txn({"op": "upstream.enable", "proxy": "web", "id": "a"})
goes_to(a)

# Forced down, forced up, and as the checks say.
control.call("upstream.health", proxy="web", id="a", state="down")
assert states("a") == ("enabled", "up", "down", "down"), states("a")
goes_to(b)
a.close()
control.call("upstream.health", proxy="web", id="a", state="auto")
goes_to(b)  # after a was dialled in vain
assert states("a") == ("enabled", "down", "auto", "down"), states("a")
a = Backend(port("A"))
goes_to(b)
control.call("upstream.health", proxy="web", id="a", state="up")
assert states("a") == ("enabled", "down", "up", "up"), states("a")
first = goes_to(a)

# A connection that came after a change is not one that it concerns.
txn({"op": "route.set", "id": "web", "key": "disabled", "value": "false"})
second = goes_to(a)
assert txn({"op": "route.rm", "id": "web"}, dry_run=True)["connections"] == [2]
# A route is who it is, whatever an earlier operation has called it.
answer = txn({"op": "route.set", "id": "web", "key": "@id", "value": "other"},
             {"op": "route.rm", "id": "other", "existing": "kill"}, dry_run=True)
assert answer["connections"] == [2, 2], answer
answer = txn({"op": "upstream.set", "proxy": "web", "id": "b", "key": "weight", "value": "2"},
             {"op": "upstream.rm", "proxy": "web", "id": "a", "existing": "drain", "drain": "1s"})
assert answer["connections"] == [0, 2], answer
third = goes_to(b)
expect_closed(first[0])
expect_closed(second[0])
third[0].sendall(b"new")
expect(third[1], b"new")

for state, name, code in (("on", "b", "invalid"), ("up", "c", "not_found")):
    try:
        control.call("upstream.health", proxy="web", id=name, state=state)
        raise AssertionError(f"{state} {name} was taken")
    except ControlError as e:
        assert e.code == code, e.code
PY
wait_log events '"upstream\.forced".*"upstream":"tcp/127\.0\.0\.1:'"$A"'","who":"uid .*","forced":"down"'
wait_log events '"upstream\.forced".*"forced":"up"'
