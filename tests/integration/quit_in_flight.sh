#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SIGQUIT while transactions, lists and drains are on their way: the daemon ends at once, with
# status 0 and nothing left over (which the sanitizers see).
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port)
export LISTEN SOCK=$sock
simple_server "$LISTEN" '[{"handler":"echo"}]' | config

for round in 1 2 3 4 5; do
    daemon
    DAEMON=${pids[pointsmand]} "$python" - "$round" <<'PY' || fail "round $round"
import json, signal, sys
from control_client import Client
from peers import *

round = int(sys.argv[1])
held = [connect(port("LISTEN")) for _ in range(50)]
for s in held:
    s.sendall(b"x")
    expect(s, b"x")
clients = [Client(os.environ["SOCK"]) for _ in range(4)]
route = clients[0].call("route.ls")[1][0]["name"]
drain = {"op": "route.disable", "id": route, "existing": "drain", "drain": "1h"}
clients[0].call("txn.apply", operations=json.dumps([drain]))
for n in range(28):
    for i, client in enumerate(clients):
        if n % 4 == 3:
            client.send("conn.ls", {})
        else:
            name = {"txn_id": f"{round}-{i}-{n}"} if n % 2 else {}
            add = {"op": "route.add", "server": "main", "route": "{}"}
            client.send("txn.apply", {"operations": json.dumps([add, drain]), **name})
time.sleep(0.003 * (round - 1))
os.kill(int(os.environ["DAEMON"]), signal.SIGQUIT)
PY
    wait_until 20 "the end of the daemon" gone pointsmand
    status=0
    stop pointsmand || status=$?
    same 0 $status "exit status after SIGQUIT"
done
