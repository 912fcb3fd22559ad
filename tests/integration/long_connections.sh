#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A connection that goes on has a line in the log and an event each time that it is older by its
# server's log_interval, and none before; without the option only after an hour, with 0 never.
. "$(dirname "$0")/ctl_lib.sh"

OFTEN=$(free_port) RARELY=$(free_port) NEVER=$(free_port)
export OFTEN RARELY NEVER
server() { # PORT OPTION
    printf '{"listen":["127.0.0.1:%s"],%s"routes":[{"@id":"echo-%s","handle":[{"handler":"echo"}]}]}' "$1" "$2" "$1"
}
document() { # OPTION-OF-OFTEN
    printf '{"apps":{"layer4":{"servers":{"often":%s,"rarely":%s,"never":%s}}}}' \
        "$(server "$OFTEN" "$1")" "$(server "$RARELY" "")" "$(server "$NEVER" '"log_interval":0,')"
}
document '"log_interval":"2s",' | config
daemon
start events "$pointsctl" -s "$sock" -j monitor conn
wait_until 10 "the watcher" eval '[ "$(ctl -j status | grep -oE "\"clients\":[0-9]+")" = "\"clients\":2" ]'

cat >"$tmp/clients.py" <<'PY'
import sys
from peers import *
clients = [connect(port(name)) for name in ("OFTEN", "RARELY", "NEVER", "OFTEN")]
for c in clients[:3]:
    c.sendall(b"hello")
    expect(c, b"hello")
print("open", flush=True)
sys.stdin.readline()
PY
mkfifo "$tmp/go"
"$python" "$tmp/clients.py" >"$tmp/clients.log" 2>&1 <"$tmp/go" &
pids[clients]=$!
exec 5>"$tmp/go"
wait_log clients open

# lines SERVER: durations of the lines of connections that go on
lines() {
    sed -nE "s/.*access: connection goes on id=.* server=$1 .* duration=([0-9.]+) idle=[0-9.]+ state=[a-z]+\$/\1/p" \
        "$tmp/pointsmand.log"
}
enough() { # HOW-MANY
    [ "$(lines often | wc -l)" -ge "$1" ]
}
wait_until 60 "three lines of each" enough 6
grep -qE "goes on id=[0-9]+ server=often route=echo-$OFTEN src=127[^ ]+ dst=127.0.0.1:$OFTEN in=5 out=5 duration" "$tmp/pointsmand.log" ||
    fail "not what the line should say"
[ -z "$(lines rarely)$(lines never)" ] || fail "a line of a server that has none so early"
"$python" - $(lines often) <<'PY' || fail "not at multiples of the interval: $(lines often | tr '\n' ' ')"
import sys
ages = sorted(map(float, sys.argv[1:]))
assert ages[0] >= 2, ages
per = {}
for age in ages:
    per[int(age // 2)] = per.get(int(age // 2), 0) + 1
assert 0 not in per and max(per.values()) <= 2, per
PY

# A reload that turns it off holds for connections that are open, too.
wait_log events '"conn.progress"'
document '"log_interval":"1h",' | config
code 0 config reload
before=$(lines often | wc -l)
exec 5>&-
wait "${pids[clients]}"
unset "pids[clients]"
wait_until 20 "their ends" no_connections
same "$before" "$(lines often | wc -l)" "the lines after the change"
stop events INT

"$python" - "$tmp/events.log" <<'PY' || fail "the events: $(cat "$tmp/events.log")"
import json, os, sys
events = [json.loads(line) for line in open(sys.argv[1])]
progress = [e for e in events if e["type"] == "conn.progress"]
assert len(progress) >= 6 and {e["server"] for e in progress} == {"often"}, progress
assert len({e["id"] for e in progress}) == 2
for e in progress:
    assert e["duration"] >= 2 and "reason" not in e and e["listener"] == "tcp/127.0.0.1:" + os.environ["OFTEN"], e
assert any(e["bytes_in"] == 5 and e["route"] == "echo-" + os.environ["OFTEN"] for e in progress), progress
PY

refused 7 'log_interval: ' server add soon 'listen=["127.0.0.1:1"]' log_interval=soon
