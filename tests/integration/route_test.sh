#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# route.test: the real matchers on a client that is described, by what it would say or by its bytes.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) QUIC=$(free_port)
export LISTEN QUIC SOCK=$sock FLIGHTS=$top_srcdir/tests/unit/quic_flights.h CTL=$pointsctl FOLDER=$tmp
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "office", "match": [{"remote_ip": {"ranges": ["10.0.0.0/8"]}, "ssh": {}}], "handle": [{"handler": "close"}]},
    {"@id": "off", "disabled": true, "handle": [{"handler": "close"}]},
    {"@id": "web", "match": [{"tls": {"sni": ["*.example.com"]}}, {"http": []}], "handle": [
        {"handler": "vars", "name": "{l4.tls.server_name}"},
        {"handler": "subroute", "routes": [
            {"@id": "h2", "match": [{"tls": {"alpn": ["h2"]}}], "handle": [{"handler": "proxy",
                "load_balancing": {"selection": {"policy": "first"}}, "upstreams": [
                {"dial": ["127.0.0.1:1"], "disabled": true}, {"dial": ["127.0.0.1:2"]}, {"dial": ["127.0.0.1:3"]}]}]}]}]},
    {"@id": "mail", "match": [{"tls": {"sni": ["mail.test"]}}], "handle": [{"handler": "tls"},
        {"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:4"]}]}]},
    {"@id": "rest", "match": [{"remote_ip": {"ranges": ["192.0.2.0/24"]}}], "handle": [{"handler": "tls"},
        {"handler": "subroute", "routes": [{"match": [{"http": []}], "handle": [{"handler": "echo"}]}]}]},
    {"@id": "socks", "match": [{"socks5": {}}], "handle": [
        {"handler": "tee", "branch": [{"handler": "tls"}, {"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:5"]}]}]},
        {"handler": "subroute", "routes": [{"match": [{"socks5": {}}], "handle": [{"handler": "socks5"}]}]},
        {"handler": "close"}]}
]},
"quic": {"listen": ["udp/127.0.0.1:$QUIC"], "routes": [
    {"@id": "h3", "match": [{"quic": {"alpn": ["h3"]}}], "handle": [{"handler": "vars", "x": "y"}, {"handler": "echo"}]}]},
"datagrams": {"listen": ["udp/127.0.0.1:$LISTEN"], "routes": [
    {"@id": "stream", "match": [{"tls": {}}, {"proxy_protocol": {}}], "handle": [{"handler": "close"}]},
    {"@id": "any", "handle": [{"handler": "echo"}]}]}}}}}
JSON
daemon

"$python" - <<'PY' || fail "route.test"
import base64, json, re, subprocess
from control_client import Client, ControlError
from peers import *

control = Client(os.environ["SOCK"])
listener = f"127.0.0.1:{os.environ['LISTEN']}"

def ask(**what):
    if isinstance(what.get("bytes"), bytes):
        what["bytes"] = base64.b64encode(what["bytes"]).decode()
    result, items, _ = control.call("route.test", listener=listener, **what)
    assert result["count"] == len(items), result
    return result, [(i["route"], i["depth"], i["verdict"]) for i in items], items

# A ClientHello made of what is asked for; subroutes; the upstream that is certain.
r, routes, items = ask(sni="www.example.com", alpn="h2,http/1.1")
assert routes == [("office", 0, "no"), ("off", 0, "disabled"), ("web", 0, "yes"), ("h2", 1, "yes")], routes
assert r["decision"] == "handled" and r["route"] == "web" and r["server"] == "main", r
assert r["handlers"] == ["vars", "subroute", "proxy"], r
assert r["captures"]["l4.tls.server_name"] == "www.example.com", r
assert r["captures"]["l4.vars.name"] == "www.example.com", r
assert r["upstreams"] == [
    {"dial": "127.0.0.1:1", "available": False, "chosen": False},
    {"dial": "127.0.0.1:2", "available": True, "chosen": True},
    {"dial": "127.0.0.1:3", "available": True, "chosen": False}], r
assert items[0]["matchers"] == [{"set": 0, "matcher": "remote_ip", "verdict": "no"},
                                {"set": 0, "matcher": "ssh", "verdict": "no"}], items[0]

# Behind a handler that changes the bytes the chain goes on, but nothing more can be matched.
r, routes, _ = ask(sni="mail.test")
assert r["decision"] == "handled" and r["handlers"] == ["tls", "proxy"] and r["route"] == "mail", r
assert r["upstreams"] == [{"dial": "127.0.0.1:4", "available": True, "chosen": True}], r
r, _, _ = ask(src="192.0.2.7", bytes=b"\0\0\0")
assert r["decision"] == "unknown" and r["handlers"] == ["tls", "subroute"], r

# A branch is told, and the rest goes on with the bytes as they were.
r, _, _ = ask(bytes=b"\5\1\0")
assert r["decision"] == "handled" and r["route"] == "socks", r
assert r["handlers"] == ["tee", "tls", "proxy", "subroute", "socks5"], r
assert r["upstreams"] == [{"dial": "127.0.0.1:5", "available": True, "chosen": True}], r

# Bytes as they are; more of them may be needed, or not come.
assert ask(bytes=b"SSH-2.0-x\r\n", src="10.1.2.3:99")[0]["route"] == "office"
assert ask(bytes=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")[0]["route"] == "web"
r, routes, _ = ask(bytes=b"GET / HT")
assert r["decision"] == "more" and routes[2] == ("web", 0, "more") and r["route"] is None, r
assert ask(bytes=b"GET / HT", state="ended")[0]["decision"] == "no_route"
assert ask(src="192.0.2.7")[0]["decision"] == "more"
assert ask(src="192.0.2.7", state="silent")[0]["route"] == "rest"

# Over UDP they are one datagram, of which no more will come.
for data in (b"\x16\x03\x01", b"PROXY", b""):
    r = control.call("route.test", listener="udp/" + listener, bytes=base64.b64encode(data).decode())[0]
    assert r["decision"] == "handled" and r["route"] == "any" and r["server"] == "datagrams", (data, r)

# A client whose hello lies in two: recorded as they were, each in a file of its own.
with open(os.environ["FLIGHTS"]) as f:
    text = re.search(r"h3\", 2, \{(.*?)\}", f.read(), re.S).group(1)
datagrams = [bytes.fromhex("".join(re.findall(r'"([0-9a-f]*)"', one))) for one in text.split(",") if one.strip()]
assert len(datagrams) == 2, datagrams
quic = "udp/127.0.0.1:" + os.environ["QUIC"]
def flight(*several):
    return control.call("route.test", listener=quic, bytes=",".join(base64.b64encode(d).decode() for d in several))
assert flight(datagrams[0])[0]["decision"] == "more"
r, items, _ = flight(*datagrams)
assert r["decision"] == "handled" and r["route"] == "h3" and r["handlers"] == ["vars", "echo"], r
assert len(items) == r["count"] == 1 and "l4.quic.tls.server_name" in r["captures"], r
files = []
for i, one in enumerate(datagrams):
    files += ["--bytes", os.path.join(os.environ["FOLDER"], f"datagram{i}")]
    with open(files[-1], "wb") as f:
        f.write(one)
answer = subprocess.run([os.environ["CTL"], "-s", os.environ["SOCK"], "-j", "route", "test", "--listener", quic, *files],
                        check=True, capture_output=True, timeout=TIMEOUT)
assert json.loads(answer.stdout)["route"] == "h3", answer
assert flight(b"", b"")[0]["decision"] == "no_route"

for params, code in (({"listener": quic, "sni": "a"}, "invalid"), ({"listener": quic, "bytes": "QQ==," * 16}, "limit"),
                     ({"bytes": "QQ==,QQ=="}, "invalid"), ({"listener": "127.0.0.1:1"}, "not_found"), ({"src": "nobody"}, "invalid"),
                     ({"bytes": "***"}, "invalid"), ({"sni": "a", "bytes": "QQ=="}, "invalid"),
                     ({"sni": "a" * 256}, "invalid"), ({"alpn": "h2,,"}, "invalid"),
                     ({"state": "dead"}, "invalid")):
    try:
        control.call("route.test", **{"listener": listener, **params})
        raise AssertionError(f"{params} was taken")
    except ControlError as e:
        assert e.code == code, (params, e.code)
PY
