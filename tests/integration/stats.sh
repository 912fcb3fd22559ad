#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What is counted, against traffic that is known: by listener, server, route and upstream; bytes of
# connections that are open, too; over changes that leave a thing in the document.
. "$(dirname "$0")/ctl_lib.sh"

PLAIN=$(free_port) TLS=$(free_port) DEAD=$(free_port) BACKEND=$(free_port) NOBODY=$(free_port)
export PLAIN TLS DEAD BACKEND NOBODY
proxy() { # PORT
    printf '{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:%s"]}]}' "$1"
}
config <<JSON
{"apps": {
    "layer4": {"servers": {
        "plain": {"listen": ["127.0.0.1:$PLAIN"], "routes": [
            {"@id": "ssh", "match": [{"ssh": {}}], "handle": [{"handler": "close"}]},
            {"@id": "first", "match": [{"regexp": {"pattern": "^GO"}}], "handle": [{"handler": "vars", "x": "y"}]},
            {"@id": "x", "match": [{"regexp": {"pattern": "^(GO|X)"}}], "handle": [$(proxy "$BACKEND")]}]},
        "tls": {"listen": ["127.0.0.1:$TLS"], "routes": [
            {"@id": "tls", "handle": [{"handler": "tls"}, {"handler": "echo"}]}]},
        "dead": {"listen": ["127.0.0.1:$DEAD"], "routes": [
            {"@id": "dead", "handle": [$(proxy "$NOBODY")]}]}}},
    "tls": {
        "certificates": {"automate": ["localhost"]},
        "automation": {"policies": [{"issuers": [{"module": "internal"}]}]}}
}}
JSON
daemon
export CA=$tmp/root.pem STATS=$tmp/stats.json
ctl ca root >"$CA" || fail "ca root"

# counted EXPRESSION: it comes to be true of `row`, which takes kind and name
counted() {
    ctl -j stats >"$STATS" || fail "stats"
    "$python" - "$1" <<'PY'
import json, os, sys
items = json.load(open(os.environ["STATS"]))["items"]
def row(kind, name):
    (found,) = [r for r in items if r["kind"] == kind and r["name"] == name]
    return found
def port(name):
    return "tcp/127.0.0.1:" + os.environ[name]
def total(kind, key, server=None):
    return sum(r[key] for r in items if r["kind"] == kind and (server is None or r["server"] == server))
sys.exit(not eval(f"({sys.argv[1]})"))
PY
}

expect() {
    local end=$((SECONDS + 20))
    until counted "$1"; do
        [ $SECONDS -lt $end ] || fail "not so: $1, in $(cat "$STATS")"
        sleep 0.05
    done
}

# --- a beginning: everything is there and nothing is counted ------------------------------------
expect '[(r["kind"], r["name"]) for r in items] == [
    ("daemon", "pointsmand"),
    ("listener", port("PLAIN")), ("listener", port("TLS")), ("listener", port("DEAD")),
    ("server", "plain"), ("server", "tls"), ("server", "dead"),
    ("route", "ssh"), ("route", "first"), ("route", "x"), ("route", "tls"), ("route", "dead"),
    *sorted([("upstream", port("BACKEND")), ("upstream", port("NOBODY"))])]'
expect 'all(r["connections"] == r["active"] == r["errors"] == r["bytes_in"] == 0 for r in items)'

# --- bytes of a connection that is open, and what matching said ---------------------------------
"$python" - <<'PY' || fail "the connections"
from peers import *

backend = Backend(port("BACKEND"))
for first, answer in ((b"X123", 7), (b"X12345", 0), (b"GO12", 1)):
    client = connect(port("PLAIN"))
    client.sendall(first)
    server = backend.accept()
    expect(server, first)
    server.sendall(b"y" * answer)
    expect(client, b"y" * answer)
    client.shutdown(socket.SHUT_WR)
    expect_end(server)
    server.close()
    expect_end(client)
    client.close()
refused = connect(port("PLAIN"))
refused.sendall(b"nothing of ours")
expect_end(refused)
dead = connect(port("DEAD"))
expect_end(dead)
PY
expect 'row("upstream", port("BACKEND"))["active"] == 0 and total("listener", "active") == 0'
expect 'row("route", "x")["connections"] == 3 and row("route", "x")["ends"] == {"client_closed": 3}'
expect 'row("route", "x")["bytes_in"] == 14 and row("route", "x")["bytes_out"] == 8'
expect 'row("upstream", port("BACKEND"))["bytes_in"] == 14 and row("upstream", port("BACKEND"))["bytes_out"] == 8'
expect 'row("route", "first")["connections"] == row("route", "first")["passed"] == 1'
expect 'row("route", "first")["ends"] == {} and row("route", "first")["active"] == 0'
expect 'row("route", "ssh")["connections"] == 0 and row("route", "ssh")["no"] == 4'
expect 'row("server", "plain")["connections"] == 4 and row("server", "plain")["errors"] == 1'
expect 'row("server", "plain")["ends"] == {"client_closed": 3, "no_route": 1}'
expect 'row("listener", port("PLAIN"))["ends"] == row("server", "plain")["ends"]'
expect 'sum(row("listener", port("PLAIN"))["durations"]) == 4 and sum(row("listener", port("PLAIN"))["delays"]) == 3'
expect 'row("upstream", port("NOBODY"))["dial_failures"] == {"refused": 1} and row("upstream", port("NOBODY"))["dials"] == 1'
expect 'row("upstream", port("NOBODY"))["connections"] == 0 and row("route", "dead")["ends"] == {"dial_failed": 1}'
expect 'row("daemon", "pointsmand")["connections"] == total("listener", "connections") == 5'

# --- while they are open -----------------------------------------------------------------------
cat >"$tmp/open.py" <<'PY'
import sys
from peers import *
backend = Backend(port("BACKEND"))
client = connect(port("PLAIN"))
client.sendall(b"X123")
server = backend.accept()
expect(server, b"X123")
for _ in range(3):
    client.sendall(b"z" * 1000)
    expect(server, b"z" * 1000)
print("moved", flush=True)
sys.stdin.readline()
PY
mkfifo "$tmp/go"
"$python" "$tmp/open.py" >"$tmp/open.log" 2>&1 <"$tmp/go" &
pids[open]=$!
exec 5>"$tmp/go"
wait_log open moved
expect 'row("route", "x")["active"] == 1 and row("route", "x")["bytes_in"] == 3018'
expect 'row("upstream", port("BACKEND"))["active"] == 1 and row("upstream", port("BACKEND"))["bytes_in"] == 3018'
expect 'row("listener", port("PLAIN"))["bytes_in"] == row("server", "plain")["bytes_in"] == 3018'

# --- a change elsewhere, and one that gives the listener to another server ----------------------
code 0 route rm ssh
expect 'row("route", "x")["connections"] == 4 and row("route", "x")["active"] == 1'
"$python" - "$tmp/config.json" "$tmp/moved.json" <<'PY'
import json, sys
document = json.load(open(sys.argv[1]))
servers = document["apps"]["layer4"]["servers"]
servers["heir"] = servers.pop("plain")
json.dump(document, open(sys.argv[2], "w"))
PY
code 0 config apply "$tmp/moved.json"
expect 'row("server", "heir")["active"] == 1 and row("listener", port("PLAIN"))["server"] == "heir"'
expect 'row("listener", port("PLAIN"))["connections"] == 5 and row("listener", port("PLAIN"))["active"] == 1'
expect 'not [r for r in items if r["name"] == "plain"]'
exec 5>&-
expect 'row("server", "heir")["active"] == 0 and row("server", "heir")["connections"] == 1'
wait "${pids[open]}"
unset "pids[open]"

# --- TLS handshakes ----------------------------------------------------------------------------
"$python" - <<'PY' || fail "handshakes"
from peers import *
context = tls_context(os.environ["CA"])
context.maximum_version = ssl.TLSVersion.TLSv1_2
session = None
for _ in range(3):
    s = context.wrap_socket(connect(port("TLS")), server_hostname="localhost", session=session)
    s.sendall(b"hello")
    assert s.recv(5) == b"hello"
    session = s.session
    s.close()
s = connect(port("TLS"))
s.sendall(b"GET / HTTP/1.0\r\n\r\n")
while s.recv(100):
    pass
PY
expect 'row("listener", port("TLS"))["handshakes"] == {"full": 1, "resumed": 2, "failed": 1}'
expect 'row("route", "tls")["handshakes"] == row("server", "tls")["handshakes"] == row("daemon", "pointsmand")["handshakes"]'
expect 'row("route", "tls")["bytes_in"] == row("route", "tls")["bytes_out"] == 15 and row("server", "tls")["errors"] == 1'

# --- the command -------------------------------------------------------------------------------
code 0 -j stats route
json '{r["kind"] for r in out["items"]} == {"route"} and len(out["duration_bounds"]) == 9'
json 'set(out["items"][0]) == {"kind", "name", "server", "connections", "active", "errors", "bytes_in",
    "bytes_out", "ends", "handshakes", "passed", "no", "more", "durations", "durations_sum", "delays", "delays_sum"}'
code 0 -o name stats listener
says "^tcp/127.0.0.1:$TLS\$"
at80 stats
says '^KIND +NAME'
refused 7 'must be daemon, listener' stats rubbish
