#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What changes something, or is refused to, has one line in the log that says who asked, what for and
# what became of it; without secrets, and without bytes that would make another line of it.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) OTHER=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "web", "handle": [{"handler": "proxy", "upstreams": [{"@id": "a", "dial": ["127.0.0.1:9"]}]}]}]}}}}}
JSON
daemon
export SOCK=$sock LOG=$tmp/pointsmand.log OTHER

"$python" - <<'PY' || fail "the audit"
import json, os, re, time
from control_client import Client, ControlError

client = Client(os.environ["SOCK"])
SECRET = "swordfish of the proxy"

def lines():
    with open(os.environ["LOG"], encoding="utf-8") as log:
        return [line.rstrip("\n") for line in log if re.search(r" control: [a-z._]+ uid=", line)]

def wait_line(count):
    end = time.monotonic() + 30
    while len(lines()) < count:
        assert time.monotonic() < end, lines()
        time.sleep(0.02)

def logged(method, result, what, **params):
    """It has one line, that one; what: None for none."""
    before = len(lines())
    try:
        client.call(method, **params)
    except ControlError as error:
        assert error.code == result, (error.code, str(error))
    wait_line(before + 1)
    told = lines()[before:]
    assert len(told) == 1, told
    who = rf"uid={os.getuid()} pid={os.getpid()} command=python3\S* rev=\d+ result={result}\b"
    assert re.search(rf" {method} {who}", told[0]), told[0]
    got = re.search(r' what=("(?:[^"\\]|\\.)*"|\S+)$', told[0])
    got = got and re.sub(r"\\(.)", r"\1", got[1][1:-1]) if got and got[1][0] == '"' else got and got[1]
    assert got == what, (got, what, told[0])

def txn(*operations, **more):
    return {"operations": json.dumps(operations), **more}

# What was asked for.
logged("txn.apply", "done", "route.disable id=web existing=keep; route.enable id=web",
       **txn({"op": "route.disable", "id": "web", "existing": "keep"}, {"op": "route.enable", "id": "web"}))
logged("txn.apply", "done", 'comment="to \\"b\\""; upstream.swap proxy=web dial="[\\"127.0.0.1:19\\"]"',
       **txn({"op": "upstream.swap", "proxy": "web", "dial": ["127.0.0.1:19"]}, comment='to "b"'))
logged("txn.apply", "done", "txn_id=one; route.mv id=web first=true", **txn({"op": "route.mv", "id": "web", "first": True}, txn_id="one"))
logged("txn.apply", "repeated", "txn_id=one", **txn({"op": "route.mv", "id": "web", "first": True}, txn_id="one"))
logged("txn.apply", "not_found", "route.rm id=wbe", **txn({"op": "route.rm", "id": "wbe"}))
logged("txn.apply", "conflict", "if_rev=1000; route.rm id=web", **txn({"op": "route.rm", "id": "web"}, if_rev=1000))
logged("upstream.health", "done", "proxy=web id=127.0.0.1:19 state=down", proxy="web", id="127.0.0.1:19", state="down")
logged("conn.kill", "not_found", "ids=5,7", ids=[5, 7])
logged("conn.kill", "done", 'filter="route==web && age>1h"', filter="route==web && age>1h")
logged("log.level", "done", "level=debug subsystem=tee for_s=60", level="debug", subsystem="tee", for_s=60)
logged("config.rollback", "done", "back=1 comment=back", back=1, comment="back")
logged("config.confirm", "not_found", None)
# Of what is not right from the beginning there is nothing but the method.
logged("txn.apply", "invalid", None, operations="[", nonsense=1)

# Secrets: in a route, a server, a document, a key; also where the change is refused.
socks = {"handler": "socks5", "credentials": {"eve": SECRET}}
add = {"op": "route.add", "server": "main", "route": json.dumps({"@id": "s", "handle": [socks]})}
logged("txn.apply", "done", "route.add server=main", **txn(add))
logged("txn.apply", "exists", "route.add server=main", **txn(add))
logged("txn.apply", "done", "route.set id=s key=handle", **txn(
    {"op": "route.set", "id": "s", "key": "handle", "value": json.dumps([socks])}))
logged("txn.apply", "done", "server.add name=more", **txn({"op": "server.add", "name": "more", "server": json.dumps(
    {"listen": ["127.0.0.1:" + os.environ["OTHER"]], "routes": [{"handle": [socks]}]})}))
logged("config.apply", "done", "comment=whole", comment="whole", document=client.call("config.show", secrets=True)[2])
logged("cert.set", "not_found", "name=none", name="none", chain=SECRET, key=SECRET)

# Nobody adds a line, or ends a value early.
before = len(lines())
for name in "a\nb 2026 control: txn.apply uid=0 result=done", "\x1b[2J", "x" * 100000:
    try:
        client.call("txn.apply", **txn({"op": "route.rm", "id": name}, comment="one\ntwo"))
    except ControlError as error:
        assert error.code == "not_found", error.code
wait_line(before + 3)
assert len(lines()) == before + 3, lines()[before:]
# Many operations are counted.
try:
    client.call("txn.apply", **txn(*[{"op": "route.mv", "id": f"none{i}", "first": True} for i in range(500)]))
except ControlError as error:
    assert error.code == "not_found", error.code
wait_line(before + 4)
last = lines()[-1]
assert re.search(r"; and 4\d\d more\"$", last) and len(last) < 1200, last

# A dry run has none.
before = len(lines())
client.call("txn.apply", **txn({"op": "route.disable", "id": "web"}, dry_run=True))
client.call("log.level", level="debug", subsystem="tee")
wait_line(before + 1)
assert len(lines()) == before + 1, lines()[before:]

with open(os.environ["LOG"], "rb") as log:
    text = log.read()
assert SECRET.encode() not in text and b"\x1b" not in text
PY
