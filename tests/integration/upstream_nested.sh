#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Upstreams of proxy handlers that lie deeper in a route, in subroutes and in branches of tee, are
# listed, numbered and changed as the others are.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) A=$(free_port) B=$(free_port) C=$(free_port)
export LISTEN A B C SOCK=$sock
proxy() { # PORT
    printf '{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:%s"]}]}' "$1"
}
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "web", "handle": [
        {"handler": "tee", "branch": [{"handler": "vars", "a": "b"}, $(proxy "$A")]},
        {"handler": "subroute", "routes": [{"handle": [$(proxy "$B")]}]}]}]}}}}}
JSON
daemon

"$python" - <<'PY' || fail "nested upstreams"
import json
from control_client import Client, refused
from peers import *

control = Client(os.environ["SOCK"])
a, b, c = (Backend(port(name)) for name in "ABC")

def listed():
    return [(u["proxy"], u["dial"]) for u in control.call("upstream.ls")[1]]

def dial(name):
    return [f"127.0.0.1:{port(name)}"]

assert listed() == [("web/proxy[0]", dial("A")), ("web/proxy[1]", dial("B"))], listed()
swap = [{"op": "upstream.swap", "proxy": "web/proxy[0]", "dial": dial("C")}]
control.call("txn.apply", operations=json.dumps(swap))
assert listed() == [("web/proxy[0]", dial("C")), ("web/proxy[1]", dial("B"))], listed()
refused("not_found", control.call, "txn.apply",
        operations=json.dumps([{"op": "upstream.swap", "proxy": "web/proxy[2]", "dial": dial("C")}]))
client = connect(port("LISTEN"))
client.sendall(b"for both")
expect(b.accept(), b"for both")
expect(c.accept(), b"for both")
a.nobody_within(0.2)
PY
