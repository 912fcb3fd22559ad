#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SIGKILL at every system call with which a saved change is written: after a restart the change is
# there whole, or not at all. A call that fails is an error, and everything stays as it was.
. "$(dirname "$0")/lib.sh"
need_msgpack
need strace strace

LISTEN=$(free_port)
export sock
config <<EOF2
{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:$LISTEN"],"routes":[
  {"@id":"all","handle":[{"handler":"echo"}]},{"handle":[{"handler":"close"}]}]}}}}}
EOF2

# save NAME: adds and saves a route; "done" or the error's code, or nothing where the daemon died.
save() {
    "$python" - "$1" <<'PY'
import json, os, sys
from control_client import *
route = json.dumps({"@id": sys.argv[1], "handle": [{"handler": "close"}]})
operation = {"op": "route.add", "server": "main", "first": True, "route": route}
try:
    Client(os.environ["sock"]).call("txn.apply", operations=json.dumps([operation]), save=True)
    print("done")
except ControlError as error:
    print(error.code)
except (Closed, OSError):
    pass
PY
}

# "name=handle …" in the order of the list
routes() {
    "$python" - <<'PY'
import os
from control_client import *
rows = Client(os.environ["sock"]).call("route.ls")[1]
print(*[f"{r['id']}={r['handle']}" for r in rows])
PY
}

traced() {
    grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/${pids[pointsmand]}/status"
}

# with FAULT NAME: save NAME while strace does that to the control thread; the result is in $said
with() {
    start strace strace -p "${pids[pointsmand]}" -o "$tmp/trace.log" -e "trace=${1%%:*}" -e "inject=$1"
    wait_until 30 "strace" traced
    said=$(save "$2")
    stop strace INT
}

daemon
same done "$(save one)" "the first change"
old=$(routes)
stop pointsmand KILL
cp -r "$tmp/state" "$tmp/template"

# At each call in turn, until there is none of that number any more.
total=0
for call in unlinkat openat write fsync renameat; do
    for ((n = 1; n < 40; n++)); do
        rm -rf "$tmp/state"
        cp -r "$tmp/template" "$tmp/state"
        daemon
        with "$call:signal=SIGKILL:when=$n" two
        [ "$said" != done ] || running pointsmand || said=late
        stop pointsmand KILL
        daemon
        now=$(routes)
        ! logged pointsmand damaged || fail "torn, killed at $call $n"
        case $now in
        "two="*" $old") last=new ;;
        "$old") last=old ;;
        *) fail "killed at $call $n: $now, before it was $old" ;;
        esac
        [ -z "$said" ] || same new $last "answered, killed at $call $n"
        stop pointsmand KILL
        total=$((total + 1))
        [ "$said" != done ] || break
    done
    [ "$n" -gt 1 ] || fail "the daemon made no call $call"
done 2>>"$tmp/killed.log"
echo "killed $total times"

# The same calls fail: nothing has changed, neither in the daemon nor after a restart.
rm -rf "$tmp/state"
cp -r "$tmp/template" "$tmp/state"
daemon
same done "$(save three)" "a change that also reserves numbers, so that the next ones do not"
old=$(routes)
for fault in openat:error=EMFILE:when=2 write:error=ENOSPC:when=1 fsync:error=EIO:when=1 \
    fsync:error=EIO:when=2 renameat:error=ENOSPC:when=1; do
    with "$fault" two
    same internal "$said" "the answer with $fault"
    same "$old" "$(routes)" "the routes after $fault"
done
stop pointsmand KILL
daemon
same "$old" "$(routes)" "the routes after faults and a restart"
same done "$(save two)" "a change after all that"
