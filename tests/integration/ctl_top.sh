#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl top without a terminal: once, what one interval has brought; and refusals.
. "$(dirname "$0")/ctl_lib.sh"

PORT=$(free_port) IDLE=$(free_port) BACKEND=$(free_port)
export PORT BACKEND
config <<JSON
{"apps": {"layer4": {"servers": {
  "main": {"listen": ["127.0.0.1:$PORT"], "routes": [
    {"@id": "out", "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$BACKEND"]}]}]}]},
  "back": {"listen": ["127.0.0.1:$BACKEND"], "routes": [{"@id": "echo", "handle": [{"handler": "echo"}]}]},
  "idle": {"listen": ["127.0.0.1:$IDLE"], "routes": [{"handle": [{"handler": "close"}]}]}}}}}
JSON
daemon

# --- nothing happens ------------------------------------------------------------------------------
code 0 top --once --interval 100ms
same "KIND     NAME                SERVER ACTIVE CONNS/S IN/S OUT/S ERRORS/S
daemon   pointsmand          -           0       0    0     0        0
listener tcp/127.0.0.1:$BACKEND back        0       0    0     0        0
listener tcp/127.0.0.1:$IDLE idle        0       0    0     0        0
listener tcp/127.0.0.1:$PORT main        0       0    0     0        0
route    echo                back        0       0    0     0        0
route    #3                  idle        0       0    0     0        0
route    out                 main        0       0    0     0        0
upstream tcp/127.0.0.1:$BACKEND -           0       0    0     0        0" "$(cat "$tmp/out")" "the output"
code 0 -o name top --once --interval 100ms route
same "echo
#3
out" "$(cat "$tmp/out")" "names of routes"
code 0 -j top --once --interval 100ms upstream
json "list(out) == 'rev items seconds version pid uptime workers connections'.split()"
json "list(out['items'][0]) == 'kind name server active connections_per_second bytes_in_per_second bytes_out_per_second errors_per_second'.split()"
json "out['seconds'] >= 0.1 and out['workers'] == 2 and len(out['items']) == 1"
at80 top --once --interval 100ms

# --- traffic: each connection sends 11 bytes and gets 11 ---------------------------------------------
cat >"$tmp/traffic.py" <<'PY'
import sys
from load import Load
from peers import *
load = Load(lambda: port("PORT"), 50)
print("begun", flush=True)
sys.stdin.readline()
load.stop()
PY
mkfifo "$tmp/go"
"$python" "$tmp/traffic.py" >"$tmp/traffic.log" 2>&1 <"$tmp/go" &
pids[traffic]=$!
exec 5>"$tmp/go"
wait_log traffic begun
code 0 -j top --once --interval 3s
exec 5>&-
wait "${pids[traffic]}" || fail "traffic"
unset "pids[traffic]"
"$python" - "$tmp/out" <<'PY' || fail "not what there was: $(cat "$tmp/out")"
import json, sys
out = json.load(open(sys.argv[1]))
rows = {(r["kind"], r["name"].split(":")[0] if r["kind"] != "listener" else r["server"]): r for r in out["items"]}
seconds = out["seconds"]
def count(kind, name, what):
    n = rows[kind, name][what + "_per_second"] * seconds
    assert abs(n - round(n)) < 0.02, f"{what} of {kind} {name}: {n} is no whole number"
    return round(n)
main, back = ("listener", "main"), ("listener", "back")
came = count(*main, "connections")
assert came > 0 and count("listener", "idle", "connections") == 0
for row in (("route", "out"), ("route", "echo"), ("upstream", "tcp/127.0.0.1"), back):
    assert abs(count(*row, "connections") - came) <= 16, row  # as many may be on their way
    assert abs(count(*row, "bytes_in") - 11 * came) <= 16 * 11, row
    assert abs(count(*row, "bytes_out") - 11 * came) <= 16 * 11, row
    assert count(*row, "errors") == 0
assert abs(count("daemon", "pointsmand", "connections") - 2 * came) <= 32
PY

# --- what comes within the interval ----------------------------------------------------------------
ctl -j top --once --interval 3s route >"$tmp/out" &
pids[once]=$!
clients() {
    [ "$(ctl -j status | "$python" -c 'import json, sys; print(json.load(sys.stdin)["clients"])')" = "$1" ]
}
wait_until 20 "top" clients 2
echo '{"@id": "late", "handle": [{"handler": "close"}]}' | ctl route add --server idle || fail "route add"
ctl route rm echo || fail "route rm"
wait "${pids[once]}" || fail "top --once"
unset "pids[once]"
json "[r['name'] for r in out['items']] == ['#3', 'late', 'out']"
json "out['items'][1]['connections_per_second'] is None and out['items'][2]['connections_per_second'] == 0"

# --- refusals ---------------------------------------------------------------------------------------
refused 2 "top needs a terminal; without one there are 'top --once', 'stats' and 'monitor'" top
refused 2 "only 'top --once' has other output than a screen" -j top
refused 2 "top shows listener, route or upstream, not 'server'" top --once server
refused 2 "interval takes a duration from 100ms to 1h, not '10'" top --once --interval 10
refused 2 "not '99ms'" top --interval 99ms
refused 2 "not '2h'" top --interval 2h
refused 2 "interval is not for stats" stats --interval 1s
refused 2 "usage: pointsctl top \[listener\|route\|upstream\]" top route web
stop pointsmand QUIT
code 3 top --once
