#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The upstream's process is killed in the middle: its clients are let go at once, newcomers are
# refused with a reason, and all is well when it is back.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
simple_server "$LISTEN" '[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:'"$BACKEND"'"]}]}]' | config
daemon

cat >"$tmp/upstream.py" <<'PY'
from peers import *
import threading

def serve(s):
    try:
        while True:
            s.sendall(b"x" * CHUNK)
    except OSError:
        pass

backend = Backend(port("BACKEND"))
backend.socket.settimeout(None)
while True:
    threading.Thread(target=serve, args=(backend.accept(),), daemon=True).start()
PY
start upstream "$python" "$tmp/upstream.py"
wait_until 30 "the upstream" listening "$BACKEND"

"$python" - "${pids[upstream]}" <<'PY' || fail "upstream killed"
import signal, sys
from peers import *

clients = [connect(port("LISTEN")) for _ in range(5)]
for client in clients:
    read_exactly(client, 1 << 20)
os.kill(int(sys.argv[1]), signal.SIGKILL)
for client in clients:
    try:
        while client.recv(1 << 20):
            pass
    except ConnectionResetError:
        pass
    client.close()

client = connect(port("LISTEN"))
expect_closed(client)
PY
wait_until 30 "the end of all connections" no_connections
wait_log pointsmand dial_failed

stop upstream
start upstream "$python" "$tmp/upstream.py"
wait_until 30 "the upstream" listening "$BACKEND"
"$python" -c 'from peers import *; read_exactly(connect(port("LISTEN")), 1000)' ||
    fail "the upstream is back and not used"
