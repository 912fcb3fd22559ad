#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl trace: what the routes say of live connections, over TCP and UDP, of those that fit the
# filter; to the number or the time that was asked for; and what a reader that is too slow misses.
. "$(dirname "$0")/trace_lib.sh"

LISTEN=$(free_port) BACKEND=$(free_port) UDP=$(free_port) MANY=$(free_port)
export LISTEN BACKEND UDP MANY
# More routes, with longer names, than a step has room for.
many=$("$python" -c 'import json; print(json.dumps([
    {"@id": f"{i:0200}", "match": [{"tls": {"sni": [f"{i}.example"]}}, {"ssh": {}}], "handle": [{"handler": "close"}]}
    for i in range(500)] + [{"@id": "last", "match": [{"tls": {}}], "handle": [{"handler": "echo"}]}]))')
config <<JSON
{"apps": {"layer4": {"servers": {
"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "web", "match": [{"tls": {"sni": ["a.example"]}}, {"http": [{"host": ["a.example"]}], "local_ip": {"ranges": ["10.0.0.0/8"]}}],
        "handle": [{"handler": "close"}]},
    {"@id": "off", "disabled": true, "handle": [{"handler": "close"}]},
    {"@id": "here", "match": [{"remote_ip": {"ranges": ["127.0.0.77"]}}], "handle": [
        {"handler": "subroute", "routes": [
            {"match": [{"ssh": {}}], "handle": [{"handler": "close"}]},
            {"@id": "inner", "match": [{"tls": {}}], "handle": [{"handler": "proxy", "load_balancing": {"selection": {"policy": "first"}},
                "upstreams": [{"dial": ["127.0.0.1:1", "127.0.0.1:$BACKEND"]}]}]}]}]},
    {"@id": "rest", "handle": [{"handler": "echo"}]}]},
"many": {"listen": ["127.0.0.1:$MANY"], "routes": $many},
"datagrams": {"listen": ["udp/127.0.0.1:$UDP"], "routes": [
    {"@id": "names", "match": [{"dns": {}}], "handle": [{"handler": "close"}]},
    {"@id": "any", "handle": [{"handler": "echo"}]}]}}}}}
JSON
daemon

# exchange ADDRESS: a ClientHello in two parts, from there, with a name for a terminal that trusts it: a
# CSI of eight bits, in UTF-8.
exchange() {
    "$python" - "$1" <<'PY' || fail "a connection from $1"
import sys
from peers import *
backend = Backend(port("BACKEND"))
client = connect(port("LISTEN"), (sys.argv[1], 0))
hello = client_hello("bxx31m.example").replace(b"bxx", b"b\xc2\x9b")
client.sendall(hello[:20])
time.sleep(0.1) # so that they are read one by one, mostly
client.sendall(hello[20:])
if sys.argv[1] == "127.0.0.77":
    server = backend.accept()
    expect(server, hello)
    server.close()
client.close()
PY
}

# --- step by step -------------------------------------------------------------------------------
traces near --count 1 src==127.0.0.77 '&&' server==main
traces text -o text --count 1 "src==127.0.0.77"
traces all --for 1h
traces none --for 1s 'proto==udp'
exchange 127.0.0.78
exchange 127.0.0.77
ended near
ended text

of near '[s["step"] for s in all][0] == "open" and all[-1]["step"] == "end"'
of near 'len({s["id"] for s in all}) == 1'
of near 'all[0]["src"].startswith("127.0.0.77:") and all[0]["listener"] == "tcp/127.0.0.1:" + os.environ["LISTEN"]'
of near 'all[0]["server"] == "main" and all[0]["proto"] == "tcp" and all[0]["branch_of"] is None'
of near '[(s["bytes"], s["decision"]) for s in steps("match")][0] == (0, "more")'
of near '[[(r["route"], r["verdict"]) for r in s["routes"]] for s in steps("match")][0] == [("web", "more"), ("off", "disabled"), ("here", "yes"), ("rest", "yes")]'
of near 'steps("match")[0]["routes"][0]["matchers"] == [{"set": 0, "matcher": "tls", "verdict": "more"}, {"set": 1, "matcher": "http", "verdict": "more"}, {"set": 1, "matcher": "local_ip", "verdict": "no"}]'
# What is taken ends a look; a subroute is one deeper, and its routes may have no name.
of near '[s for s in steps("match") if s["decision"] == "taken"][0]["routes"][-1]["route"] == "here"'
of near '[s["route"] for s in steps("match")[-1]["routes"]] == [None, "inner"] and steps("match")[-1]["depth"] == 1'
of near '{(s["omitted"], s["state"]) for s in steps("match")} == {(0, "live")}'
of near '[(s["handler"], s["depth"]) for s in steps("handler")] == [("subroute", 0), ("proxy", 1)]'
of near '[(s["upstream"].rpartition(":")[2], s["problem"]) for s in steps("dial")] == [("1", "Connection refused"), (os.environ["BACKEND"], None)]'
of near 'all[-1]["route"] == "here" and all[-1]["upstream"].endswith(os.environ["BACKEND"]) and all[-1]["bytes_in"] > 0'
of near 'steps("match")[0]["captures"] is None and "l4.tls.server_name" in steps("match")[-1]["captures"]'
of near '[s["time"] for s in all] == sorted(s["time"] for s in all)'
of all '[s["decision"] for s in all if s["step"] == "match"].count("taken") == 3 and len(steps("end")) == 2'
of all '[s["captures"] for s in all if s["step"] == "match" and s["routes"][-1]["route"] == "rest"] != []'

# Lines of text: each has the connection's id, and nothing in them steers a terminal.
grep -qE '^[^ ]+Z #[0-9]+ match bytes=0 state=live decision=more$' "$tmp/text.log" || fail "the line of a look"
grep -qE '^[^ ]+Z #[0-9]+   web more \(tls more or http more, local_ip no\)$' "$tmp/text.log" || fail "the line of a route"
grep -qE '^[^ ]+Z #[0-9]+   \[0\] no \(ssh no\)$' "$tmp/text.log" || fail "the line of a route without a name"
grep -qE '^[^ ]+Z #[0-9]+ match depth=1 .*l4.tls.server_name="b\\u009b31m\.example"' "$tmp/text.log" || fail "the line of captures"
! grep -aq $'\xc2\x9b' "$tmp/text.log" || fail "an escape came through"

# --- the time, the filter, UDP ------------------------------------------------------------------
ended none
same "" "$(cat "$tmp/none.log")" "what came for another filter"
traces udp --count 1 proto==udp
"$python" - <<'PY' || fail "a datagram"
from peers import *
client = datagrams(to=port("UDP"))
client.send(b"hello")
assert client.recv(100) == b"hello"
PY
wait_log udp '"step":"handler"'
of udp '[s["bytes"] for s in steps("match")] == [5] and steps("match")[0]["routes"][0]["matchers"] == [{"set": 0, "matcher": "dns", "verdict": "no"}]'
of udp 'all[0]["proto"] == "udp" and steps("handler")[0]["handler"] == "echo"'
ctl conn kill --filter 'proto==udp' >/dev/null || fail "cannot end the flow"
ended udp
of udp 'all[-1]["reason"] == "killed"'

# --- a connection that outlives its trace: the next one does not take it over -------------------
traces short --for 5s src==127.0.0.90
touch "$tmp/hold"
start holder "$python" -c 'import sys
from peers import *
with connect(port("LISTEN"), ("127.0.0.90", 0)) as s:
    s.sendall(b"GET / HTTP/1.1\r\n\r\n")
    expect(s, b"GET / HTTP/1.1\r\n\r\n")
    within(60, "the end", lambda: not os.path.exists(sys.argv[1]))' "$tmp/hold"
wait_log short '"handler":"echo"'
ended short
of short 'steps("end") == []'
traces later --for 3s src==127.0.0.91
rm "$tmp/hold"
wait_until 20 "the end of the connection" gone holder
wait_until 20 "the end of it here" no_connections
ended later
same "" "$(cat "$tmp/later.log")" "what a trace says of connections of the one before"

# --- what a step has no room for ----------------------------------------------------------------
traces many --count 1 server==many
"$python" - <<'PY' || fail "a client of many routes"
from peers import *
hello = client_hello("x" * 60 + "." + "x" * 60 + ".example").replace(b"x" * 60, b"\x9b" * 60)
with connect(port("MANY")) as s:
    s.sendall(hello)
    expect(s, hello)
PY
ended many
of many 'steps("match")[-1]["decision"] == "taken" and steps("match")[-1]["routes"][-1]["route"] == "last"'
of many 'len(steps("match")[-1]["routes"]) < 500 and steps("match")[-1]["omitted"] > 400'
of many 'steps("match")[-1]["captures"]["l4.tls.server_name"].startswith("\\x9b")'

refused() { # CODE PATTERN ARGUMENT…
    local code=$1 pattern=$2 status=0
    shift 2
    "$pointsctl" -s "$sock" trace "$@" >"$tmp/out" 2>&1 || status=$?
    same "$code" "$status" "exit status of trace $*"
    grep -qE -- "$pattern" "$tmp/out" || fail "trace $*: $(cat "$tmp/out")"
}
refused 7 'not known when a connection is accepted' 'sni==a.example'
refused 7 'no such field' 'sr==a.example'
refused 2 'number of connections' --count 0
refused 2 'takes a duration' --for soon
refused 2 'filter once' --filter proto==tcp proto==udp

# --- how many at a time -------------------------------------------------------------------------
for i in 1 2 3 4 5 6 7; do traces "more$i" --for 1h proto==unix; done
refused 10 'are running'
for i in 1 2 3 4 5 6 7; do stop "more$i" || fail "exit status after a signal: $?"; done
wait_until 10 "room for another" ctl trace --for 1s 'proto==unix'

# --- a reader that does not read ----------------------------------------------------------------
# KiB; what is freed stays where a sanitizer looks at it.
"$pointsmand" version | grep -q sanitizers=no && MEMORY=4096 || MEMORY=131072
export MEMORY DAEMON=${pids[pointsmand]} SLOW=${pids[all]} SLOW_LOG=$tmp/all.log
"$python" - <<'PY' || fail "a slow reader"
import json, signal
from peers import *

def steps():
    with open(os.environ["SLOW_LOG"]) as f:
        return [json.loads(line) for line in f if line.endswith("\n")]

slowest_echo(port("LISTEN"), 500)
before = rss_kib(port("DAEMON"))
os.kill(port("SLOW"), signal.SIGSTOP)
slowest = slowest_echo(port("LISTEN"), 3000)
grown = rss_kib(port("DAEMON")) - before
os.kill(port("SLOW"), signal.SIGCONT)
print(f"memory grew by {grown} KiB, the slowest connection took {slowest * 1000:.0f} ms")
assert grown < int(os.environ["MEMORY"]), grown
assert slowest < 10, slowest

# Five steps each (open, no bytes, a byte, handler, end): told, or counted.
def complete():
    all = steps()
    lost = sum(s["count"] for s in all if s["step"] == "lost")
    return lost > 0 and len([s for s in all if s["step"] != "lost"]) + lost >= 3500 * 5
within(20, "each step, or that it is lost", complete)
PY
stop all || fail "exit status of the reader: $?"
