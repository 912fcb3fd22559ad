#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl listener and server: every verb, what it refuses, exit codes, JSON shapes, traffic.
. "$(dirname "$0")/ctl_lib.sh"

L1=$(free_port) L2=$(free_port) L3=$(free_port) TAKEN=$(free_port)
export L1 L2 L3 TAKEN
simple_server "$L1" '[{"handler":"echo"}]' | config
daemon

# --- servers ------------------------------------------------------------------------------------
code 0 -j server ls
shape '{rev:int items:[{name:text listeners:[text] routes:int hits:int active:int}]}'
code 0 server ls
says '^NAME +LISTENERS +ROUTES +HITS +ACTIVE$'
at80 server ls
code 0 -j server show main
shape '{rev:int name:text listeners:[text] routes:int hits:int active:int}'
code 0 server show main
says '^routes +1$'
refused 5 "no server 'mian'" server show mian
refused 2 usage server show

code 0 -n server add two "listen=[\"127.0.0.1:$L2\"]" 'routes=[{"handle":[{"handler":"echo"}]}]'
says '^server two would be added'
at80 -n server add two "listen=[\"127.0.0.1:$L2\"]"
code 5 server show two
code 0 server add two "listen=[\"127.0.0.1:$L2\"]" 'routes=[{"handle":[{"handler":"echo"}]}]'
says '^server two added$'
refused 6 "a server 'two' is there already" server add two "listen=[\"127.0.0.1:$L3\"]"
refused 7 'listen' server add three
refused 7 'both listen' server add three "listen=[\"127.0.0.1:$L2\"]"
refused 7 "unknown field 'lisent', did you mean 'listen'" server add three 'lisent=[]'
refused 2 'key=value' server add three listen
refused 2 'cannot open' server add three -f "$tmp/none"
echo '{"listen": [}' >"$tmp/in"
refused 7 'standard input:1:[0-9]+: not JSON' server add three -f -
echo '["listen"]' >"$tmp/in"
refused 7 'must be a JSON object' server add three -f -
echo "{\"listen\": [\"127.0.0.1:$L3\"], \"routes\": [{\"@id\": \"three\"}]}" >"$tmp/three.json"
code 0 server add three -f "$tmp/three.json" matching_timeout=5s
code 0 -j config export
json 'out["apps"]["layer4"]["servers"]["three"]["matching_timeout"] == "5s"'
code 0 -j server rm three
shape '{rev:int revision:int connections:[int] names:[nil]}'
refused 5 "no server 'three'" server rm three
# Another program's port.
"$python" -c '
from peers import *
s = Backend(port("TAKEN"))
print("taken", flush=True)
time.sleep(60)' >"$tmp/taken.log" 2>&1 &
pids[taken]=$!
wait_log taken '^taken'
refused 6 "127.0.0.1:$TAKEN" server add three "listen=[\"127.0.0.1:$TAKEN\"]"

# --- listeners ----------------------------------------------------------------------------------
code 0 -j listener ls
shape '{rev:int items:[{address:text server:text paused:bool}]}'
code 0 listener ls
says '^ADDRESS +SERVER +PAUSED$'
at80 listener ls
code 0 -j listener show "127.0.0.1:$L1"
shape '{rev:int address:text server:text paused:bool}'
refused 5 "no server listens on '127.0.0.1:1'" listener show 127.0.0.1:1
refused 2 usage listener show

code 0 -n listener add --server main "127.0.0.1:$L3"
says 'would be added'
listening "$L3" && fail "a dry run listens"
code 0 listener add --server main "127.0.0.1:$L3"
says "^listener 127.0.0.1:$L3 added$"
listening "$L3" || fail "listener add does not listen"
refused 6 "server 'main' listens on '127.0.0.1:$L3' already" listener add --server two "127.0.0.1:$L3"
refused 7 'both listen' listener add --server two "tcp/127.0.0.1:$L3"
refused 6 "127.0.0.1:$TAKEN" listener add --server main "127.0.0.1:$TAKEN"
refused 7 'listen' listener add --server main 'example.org:99999'
refused 5 "no server 'x'" listener add --server x 127.0.0.1:1
refused 2 'say with --server' listener add 127.0.0.1:1
refused 2 usage listener add --server main

# Paused: what comes waits, and is served afterwards. Nothing of it stays in the document.
code 0 -j config export
cp "$tmp/out" "$tmp/before"
code 0 listener pause "127.0.0.1:$L3" "127.0.0.1:$L2"
code 0 listener ls
grep -qE "127.0.0.1:$L3 +main +yes" "$tmp/out" || fail "listener ls shows no pause"
"$python" - "$pointsctl" "$sock" <<'PY' || fail "pause and resume"
import subprocess, sys
from peers import *
waiting = connect(port("L3"))
waiting.sendall(b"hello")
waiting.settimeout(0.5)
try:
    waiting.recv(1)
    raise SystemExit("served while paused")
except TimeoutError:
    pass
other = connect(port("L1"))
other.sendall(b"x")
expect(other, b"x")
waiting.settimeout(TIMEOUT)
subprocess.run([sys.argv[1], "-s", sys.argv[2], "listener", "resume", f"127.0.0.1:{port('L3')}",
    f"127.0.0.1:{port('L2')}"], check=True, stdout=subprocess.DEVNULL)
expect(waiting, b"hello")
PY
code 0 -j config export
cmp -s "$tmp/out" "$tmp/before" || fail "pause and resume leave something behind"
refused 5 'no server listens' listener pause 127.0.0.1:1
refused 5 'no server listens' listener resume 127.0.0.1:1
refused 2 '--existing is not for' listener pause --existing kill "127.0.0.1:$L1"

code 0 listener rm "127.0.0.1:$L3"
wait_until 30 "the end of the listener" eval "! listening $L3"
refused 5 'no server listens' listener rm "127.0.0.1:$L3"
code 0 -j config export
json '"paused" not in str(out)'

# --- the app http -------------------------------------------------------------------------------
ctl config export >"$tmp/layer4.json"
"$python" - "$tmp/layer4.json" "$L3" >"$tmp/both.json" <<'PY'
import json, sys
document = json.load(open(sys.argv[1]))
document["apps"]["http"] = {"servers": {"site": {"listen": [f"127.0.0.1:{sys.argv[2]}"],
    "routes": [{"handle": [{"handler": "static_response", "body": "x"}]}]}}}
print(json.dumps(document))
PY
code 0 config apply "$tmp/both.json"
code 0 -j route ls
handle=$(value '[i["handle"] for i in out["items"] if i["server"] == "http/site"][0]')
code 0 -j route show "$handle"
refused 7 "stands for the whole of 'http/site'" route rm "$handle"
# Its listeners are like others; a keepalive connection does not notice.
"$python" - "$pointsctl" "$sock" <<'PY' || fail "the listeners of an HTTP server"
import functools, sys
from peers import *
run = functools.partial(ctl, *sys.argv[1:3])
def ask(s):
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
def served(s):
    got = b""
    while not got.endswith(b"\r\n\r\nx"):
        got += s.recv(1000) or fail(got)
def fail(got):
    raise AssertionError(got)
address = f"127.0.0.1:{port('L3')}"
early = connect(port("L3"))
ask(early), served(early)
run("listener", "pause", address)
assert run("listener", "show", address)["paused"] is True
waiting = connect(port("L3"))
ask(waiting)
ask(early), served(early)
waiting.settimeout(0.5)
try:
    waiting.recv(1)
    raise SystemExit("served while paused")
except TimeoutError:
    pass
waiting.settimeout(TIMEOUT)
run("listener", "resume", address)
served(waiting)
assert run("listener", "rm", address, "--existing", "kill")["connections"] == [2]
expect_closed(early), expect_closed(waiting)
run("listener", "add", "--server", "http/site", address)
early = connect(port("L3"))
ask(early), served(early)
assert run("server", "rm", "http/site", "--existing", "kill")["connections"] == [1]
expect_closed(early)
PY
code 0 -j config export
json '"site" not in str(out)'
code 0 config apply "$tmp/layer4.json"

# --- connections --------------------------------------------------------------------------------
FIRST=$(free_port)
"$python" - "$pointsctl" "$sock" "$FIRST" <<'PY' || fail "connections of listeners and servers"
import functools, sys
from peers import *
run = functools.partial(ctl, *sys.argv[1:3])
def open_on(at):
    s = connect(at)
    alive(s)
    return s
def alive(s):
    s.sendall(b"x")
    expect(s, b"x")
first = int(sys.argv[3])
span = f"127.0.0.1:{first}-{first + 2}"
run("listener", "add", "--server", "main", span)
one, two, other = open_on(first), open_on(first + 2), open_on(port("L1"))
# All ports of a range are its listener's; connections stay unless asked otherwise.
dry = run("-n", "listener", "rm", span)
assert dry["existing"] == {"keep": 0, "drain": 2, "kill": 2}, dry
assert run("listener", "rm", span)["connections"] == [2]
alive(one), alive(two), alive(other)
run("listener", "add", "--server", "main", span)
three = open_on(first + 1)
assert run("listener", "rm", span, "--existing", "kill")["connections"] == [3]
for s in one, two, three:
    expect_closed(s)
alive(other)
# The end of a drain is for those that were there: the address may be listened on again.
run("listener", "add", "--server", "main", span)
one = open_on(first)
assert run("listener", "rm", span, "--existing", "drain=5s")["connections"] == [1]
run("listener", "add", "--server", "main", span)
two = open_on(first)
alive(one)
expect_closed(one)
time.sleep(0.2)
alive(two)
run("listener", "rm", span, "--existing", "kill")
# A server's connections, on whatever route.
here = open_on(port("L2"))
assert run("-n", "server", "rm", "two")["existing"]["kill"] == 1
assert run("server", "rm", "two", "--existing", "drain=3s")["connections"] == [1]
alive(here)
expect_closed(here)
alive(other)
# Who is still being matched by the rules as they were is ended when he comes to what is gone.
run("server", "add", "slow", f'listen=["127.0.0.1:{port("L2")}"]', "matching_timeout=30s",
    'routes=[{"match":[{"regexp":{"count":4,"pattern":"late"}}],"handle":[{"handler":"echo"}]}]')
here = connect(port("L2"))
here.sendall(b"l")
within(30, "the connection", lambda: any(c["server"] == "slow" and c["state"] == "matching"
    for c in run("conn", "ls")["items"]))
assert run("server", "rm", "slow", "--existing", "kill")["connections"] == [0]
time.sleep(0.3)
here.sendall(b"ate")
expect(here, b"late")
expect_closed(here)
alive(other)
PY
