#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An answer that came in time counts, even if the daemon could not look until the time was over.
. "$(dirname "$0")/lib.sh"
need_python

BACKEND=$(free_port)
export BACKEND
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$(free_port)"], "routes": [{"handle": [{
    "handler": "proxy", "health_checks": {"active": {"interval": "50ms", "timeout": "10s"}},
    "upstreams": [{"dial": ["127.0.0.1:$BACKEND"]}]}]}]}}}}}
JSON
# Nobody is let in: the queue holds one connection that has not been accepted, and that is there.
cat >"$tmp/upstream.py" <<'PY'
from peers import *

backend = Backend(port("BACKEND"))
backend.socket.listen(0)
waiting = connect(port("BACKEND"))
print("full", flush=True)
input()
for n in range(1000000):
    backend.accept().close()
    print(n, "came", flush=True)
PY
mkfifo "$tmp/go"
"$python" "$tmp/upstream.py" <"$tmp/go" >"$tmp/upstream.log" 2>&1 &
pids[upstream]=$!
exec 7>"$tmp/go"
wait_log upstream full
daemon

connecting() { # TO: is a connection of ours being made, the state SYN_SENT?
    awk -v port=":$(printf '%04X' "$1")" '$4 == "02" && $3 ~ port "$" { found = 1 }
        END { exit !found }' /proc/net/tcp
}
not_connecting() {
    ! connecting "$1"
}
wait_until 30 "a check" connecting "$BACKEND"
kill -STOP "${pids[pointsmand]}"
echo >&7
wait_until 30 "the answer" not_connecting "$BACKEND"
sleep 10 # what the check had
kill -CONT "${pids[pointsmand]}"
wait_log upstream "10 came"
stop pointsmand QUIT
! logged pointsmand "is down" || fail "the check failed"
