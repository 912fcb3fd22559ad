#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl against a running daemon: answers, their JSON, exit codes.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
simple_server "$LISTEN" '[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:'"$BACKEND"'"]}]}]' | config

code 3 ping
code 3 -j status
"$python" -c 'import json, sys; json.load(open(sys.argv[1]))' "$tmp/err" ||
    fail "with -j an error is one JSON object on stderr"

daemon

code 0 ping
code 0 status
code 0 -j status
json 'out["rev"] >= 1 and out["workers"] == 2'
code 2 nonsense
code 2 conn nonsense
code 2 conn show
code 0 version

code 0 -j conn ls
json 'out["items"] == [] and out["rev"] >= 1'

cat >"$tmp/hold.py" <<'PY'
from peers import *
backend = Backend(port("BACKEND"))
client = connect(port("LISTEN"), ("127.0.0.77", 0))
client.sendall(b"hello")
server = backend.accept()
expect(server, b"hello")
print("src", client.getsockname()[1], flush=True)
expect_closed(client)
expect_closed(server)
print("ended", flush=True)
PY
start hold "$python" "$tmp/hold.py"
wait_log hold '^src '

code 0 -j conn ls
json 'len(out["items"]) == 1'
json '{"id", "src", "dst", "listener", "server", "route", "upstream", "state", "age", "idle",
    "bytes_in", "bytes_out"} <= set(out["items"][0])'
json 'out["items"][0]["src"].startswith("127.0.0.77:") and out["items"][0]["server"] == "main"'
json 'out["items"][0]["bytes_in"] == 5 and out["items"][0]["bytes_out"] == 0'
json 'isinstance(out["items"][0]["age"], (int, float))'
id=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["items"][0]["id"])' "$tmp/out")

code 0 conn ls
grep -q '127\.0\.0\.77:' "$tmp/out" || fail "conn ls shows no client"
code 0 -j conn show "$id"
json "out['id'] == $id and out['rev'] >= 1"
code 5 conn show 999999999
code 5 conn kill 999999999
code 0 conn kill "$id"
wait_log hold '^ended'
code 5 conn show "$id"
wait_log pointsmand 'killed'

code 0 ca root
grep -q 'BEGIN CERTIFICATE' "$tmp/out" || fail "ca root prints no certificate"

code 0 config show
json "out['apps']['layer4']['servers']['main']['listen'] == ['127.0.0.1:$LISTEN']"

# A second daemon on the same state folder, or on the same control socket, refuses to start.
status=0
timeout 60 "$pointsmand" run --config "$tmp/config.json" --control "$tmp/other.sock" \
    --state "$tmp/state" >"$tmp/second.log" 2>&1 || status=$?
same 1 $status "exit status of a second daemon"
code 0 ping

# The socket is for its owner alone.
same 0 "$(($(stat -c '0%a' "$sock") & 07))" "the socket's permissions for others"

stop pointsmand QUIT || fail "SIGQUIT"
code 3 ping
