#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl trace: the routes are asked again about what a worker wrote down. What is told is what was
# decided, over several datagrams, after handlers and while routes are replaced; and what a worker
# has no room for is counted to the step.
. "$(dirname "$0")/trace_lib.sh"

LISTEN=$(free_port) VARS=$(free_port) LARGE=$(free_port) LONG=$(free_port) UDP=$(free_port) TEE=$(free_port)
export LISTEN VARS LARGE LONG UDP TEE SOCK=$sock CONFIG=$tmp/config.json POINTSCTL=$pointsctl
export FLIGHTS=$top_srcdir/tests/unit/quic_flights.h
LONG_SIZE=61440
export LONG_SIZE

# Number N of the configurations, whose routes have names of their own.
write_config() { # N
    config <<JSON
{"apps": {"layer4": {"servers": {
"main": {"listen": ["127.0.0.1:$LISTEN"], "matching_timeout": "1m", "routes": [
    {"@id": "web-$1", "match": [{"tls": {"sni": ["a.example"]}}], "handle": [{"handler": "close"}]},
    {"@id": "rest-$1", "match": [{"tls": {}}, {"remote_ip": {"ranges": ["127.0.0.$((1 + $1 % 2))"]}}], "handle": [
        {"handler": "subroute", "routes": [{"@id": "inner-$1", "handle": [{"handler": "echo"}]}]}]}]},
"vars": {"listen": ["127.0.0.1:$VARS"], "routes": [
    {"@id": "mark", "handle": [{"handler": "vars", "x": "1"}, {"handler": "vars", "y": "2"}]},
    {"@id": "other", "match": [{"vars": {"y": ["1"]}}], "handle": [{"handler": "close"}]},
    {"@id": "marked", "match": [{"vars": {"x": ["1"]}}], "handle": [{"handler": "echo"}]}]},
"large": {"listen": ["127.0.0.1:$LARGE"], "routes": [
    {"@id": "mark", "handle": [{"handler": "vars", "x": "$large"}]},
    {"@id": "other", "match": [{"vars": {"x": ["1"]}}], "handle": [{"handler": "close"}]},
    {"@id": "rest", "handle": [{"handler": "echo"}]}]},
"tee": {"listen": ["127.0.0.1:$TEE"], "routes": [
    {"@id": "both", "handle": [{"handler": "tee", "branch": [{"handler": "vars", "z": "3"}, {"handler": "close"}]}, {"handler": "echo"}]}]},
"long": {"listen": ["127.0.0.1:$LONG"], "matching_buffer": 65536, "routes": [
    {"@id": "long", "match": [{"regexp": {"count": $LONG_SIZE, "pattern": "^y"}}], "handle": [{"handler": "echo"}]}]},
"datagrams": {"listen": ["udp/127.0.0.1:$UDP"], "routes": [
    {"@id": "elsewhere", "match": [{"quic": {"sni": ["elsewhere.example"]}}], "handle": [{"handler": "close"}]},
    {"@id": "here", "match": [{"quic": {"sni": ["www.example.com"]}}], "handle": [{"handler": "echo"}]}]}}}}}
JSON
}
# More than is carried along with a look.
large=$("$python" -c 'print("v" * 140000)')
write_config 0
daemon

# speak PORT-NAME: a byte, and back
speak() {
    "$python" - "$1" <<'PY' || fail "a connection to $1"
import sys
from peers import *
with connect(port(sys.argv[1])) as s:
    s.sendall(b"x")
    expect(s, b"x")
PY
}

# --- after handlers -----------------------------------------------------------------------------
traces vars --count 1 server==vars
traces large --count 1 server==large
speak VARS
speak LARGE
ended vars
ended large
of vars '[s["step"] for s in all] == ["open", "match", "handler", "handler", "match", "handler", "end"]'
of vars '[s["handler"] for s in steps("handler")] == ["vars", "vars", "echo"]'
of vars '[(r["route"], r["verdict"]) for r in steps("match")[1]["routes"]] == [("other", "no"), ("marked", "yes")]'
of vars 'sorted(steps("match")[1]["captures"].values()) == ["1", "2"]'
# Nothing is made up about what was not carried along.
of large 'steps("match")[1]["routes"] == [{"route": "rest", "index": 2, "verdict": "yes", "matchers": []}]'
of large 'steps("match")[1]["omitted"] == 1 and steps("match")[1]["captures"] is None'
of large '[s["handler"] for s in steps("handler")] == ["vars", "echo"] and all[-1]["route"] == "rest"'

# A branch begins with its chain.
traces tee --count 2 server==tee
speak TEE
ended tee
of tee '[s["step"] for s in all if s["id"] == all[0]["id"]] == ["open", "match", "handler", "handler", "end"]'
of tee '[s["step"] for s in all if s["id"] != all[0]["id"]] == ["open", "handler", "handler", "end"]'
of tee '[s["handler"] for s in steps("handler") if s["id"] != all[0]["id"]] == ["vars", "close"]'
of tee '[s["branch_of"] for s in steps("open")] == [None, all[0]["id"]]'
of tee 'all[0]["src"] == steps("open")[1]["src"] and {s["route"] for s in steps("end")} == {"both"}'

# --- over several datagrams ---------------------------------------------------------------------
traces udp --for 1h proto==udp
"$python" - <<'PY' || fail "a QUIC client"
import re
from peers import *
with open(os.environ["FLIGHTS"]) as f:
    both = re.search(r'\{"go", (?:"[^"]*", ){4}2, \{(.*?)\}\}', f.read(), re.S)[1]
client = datagrams(to=port("UDP"))
for part in re.split('(?<="),', both):
    client.send(bytes.fromhex("".join(re.findall('"([0-9a-f]+)"', part))))
client.recv(CHUNK)
PY
wait_log udp '"step":"handler"'
of udp '[s["decision"] for s in (steps("match")[0], steps("match")[-1])] == ["more", "taken"]'
of udp '[m["verdict"] for r in steps("match")[0]["routes"] for m in r["matchers"]] == ["more", "more"]'
of udp '[m["verdict"] for r in steps("match")[-1]["routes"] for m in r["matchers"]] == ["no", "yes"]'
of udp 'steps("match")[-1]["captures"]["l4.quic.tls.server_name"] == "www.example.com"'
stop udp || fail "exit status after a signal: $?"
ctl conn kill --filter proto==udp >/dev/null || fail "cannot end the flow"

# --- while routes are replaced ------------------------------------------------------------------
traces reload --for 1h server==main
cat >"$tmp/clients.py" <<'PY'
import sys
from peers import *
hello = client_hello("b.example")
halves = connect(port("LISTEN"))  # undecided while all is replaced
halves.sendall(hello[:20])
open(sys.argv[1], "w").close()
while os.path.exists(sys.argv[2]):
    with connect(port("LISTEN")) as s:
        s.sendall(hello)
        expect(s, hello)
    time.sleep(0.01) # so that the trace can follow
halves.sendall(hello[20:])
expect(halves, hello)
PY
touch "$tmp/go_on"
start clients "$python" "$tmp/clients.py" "$tmp/begun" "$tmp/go_on"
wait_until 30 "the clients" test -e "$tmp/begun"
for i in {1..20}; do
    write_config "$i"
    ctl config reload >/dev/null || fail "reload $i"
done
wait_log reload 'inner-20'
rm "$tmp/go_on"
wait_until 60 "the end of the clients" gone clients
wait "${pids[clients]}" || fail "the clients: $?"
unset "pids[clients]"
wait_until 20 "the end of the connections" no_connections
stop reload || fail "exit status after a signal: $?"
cat >"$tmp/reloads.py" <<'PY'
import json, sys
seen, decided = set(), {}
for line in open(sys.argv[1]):
    step = json.loads(line)
    if step["step"] == "match":
        names = [r["route"] for r in step["routes"]]
        number = names[0].partition("-")[2]
        # One configuration's routes, from the first look to the last.
        assert decided.setdefault(step["id"], number) == number, step
        assert names in (["web-" + number, "rest-" + number], ["inner-" + number]), step
        if step["decision"] == "taken":
            assert step["routes"][-1]["verdict"] == "yes" and step["omitted"] == 0, step
    elif step["step"] == "end" and step["id"] in decided: # else it was lost
        assert step["route"] == "rest-" + decided[step["id"]], step
        seen.add(decided[step["id"]])
assert {"0", "20"} <= seen, seen
PY
"$python" "$tmp/reloads.py" "$tmp/reload.log" || fail "routes of another configuration"

# --- what a worker has no room for --------------------------------------------------------------
# A look takes the bytes along: 2 KiB, 4 KiB and so on, up to more than the ring holds, at once.
traces long --for 1h server==long
LOG=$tmp/long.log "$python" - <<'PY' || fail "steps that no worker has room for"
import sys
from peers import *
call = lambda *args: ctl(os.environ["POINTSCTL"], os.environ["SOCK"], *args)
text = b"y" * int(os.environ["LONG_SIZE"])
connections = 0

def lost():
    with open(os.environ["LOG"]) as f:
        return '"lost"' in f.read()

# Many at once: the control thread may be quick, but not as quick as the workers together.
while not lost() and connections < 4000:
    several = [connect(port("LONG")) for _ in range(20)]
    for s in several:
        s.sendall(text)
    for s in several:
        expect(s, text)
        s.close()
    connections += len(several)
within(30, "the end of the connections", lambda: call("conn", "ls")["items"] == [])
route = [i for i in call("stats")["items"] if i["kind"] == "route" and i["name"] == "long"][0]
looks = route["no"] + route["more"] + route["connections"]
print(f"{looks} looks")
with open(os.environ["CONFIG"] + ".looks", "w") as f:
    f.write(str(looks + 3 * connections)) # open, handler, end
PY
export WANTED
WANTED=$(cat "$tmp/config.json.looks")
# Told to the last one: the counts are.
stop long || fail "exit status after a signal: $?"
of long 'sum(s["count"] for s in steps("lost")) > 0'
of long 'sum(s["count"] if s["step"] == "lost" else 1 for s in all) == int(os.environ["WANTED"])'
