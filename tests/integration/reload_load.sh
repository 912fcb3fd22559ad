#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 100 reloads under 500 connections a second: none fails, a long connection keeps every byte, the
# listening sockets stay the same ones, unchanged routes keep handle and counters.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) ECHO=$(free_port)
export LISTEN ECHO
# document NUMBER ID: with another option of one route, and another other route.
document() {
    cat <<EOF2
{"apps":{"layer4":{"servers":{
  "front":{"listen":["127.0.0.1:$LISTEN"],"routes":[
    {"@id":"$2","match":[{"remote_ip":{"ranges":["192.0.2.0/24"]}}],"handle":[{"handler":"close"}]},
    {"@id":"all","handle":[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:$ECHO"],"max_connections":$1}]}]}]},
  "back":{"listen":["127.0.0.1:$ECHO"],"routes":[{"handle":[{"handler":"echo"}]}]}}}}}
EOF2
}
document 1000 one | config
document 1000 one | config one.json
document 2000 two | config two.json
daemon
DAEMON=${pids[pointsmand]}
export DAEMON tmp sock

"$python" - <<'PY' || fail "reloads under load"
import os, shutil, signal
from control_client import Client
from load import *
from peers import *

RELOADS = 100
tmp, daemon = os.environ["tmp"], port("DAEMON")
control = Client(os.environ["sock"])

def listening():
    """The inodes of the daemon's listening sockets."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f][1:]
    wanted = {"0100007F:%04X" % port(name) for name in ("LISTEN", "ECHO")}
    return sorted(row[9] for row in rows if row[3] == "0A" and row[1] in wanted)

def routes():
    return {r["name"]: r for r in control.call("route.ls")[1]}

def reload(name, by_signal):
    shutil.copy(f"{tmp}/{name}.json", f"{tmp}/config.new")
    os.rename(f"{tmp}/config.new", f"{tmp}/config.json")
    if by_signal:
        before = control.call("ping")[0]["rev"]
        os.kill(daemon, signal.SIGHUP)
        within(30, "the reload", lambda: control.call("ping")[0]["rev"] > before)
    else:
        control.call("config.reload")

sockets, before = listening(), routes()
assert len(sockets) == 4, sockets  # two addresses, two workers
long = LongConnection(port("LISTEN"))
load = Load(lambda: port("LISTEN"), 500)
for i in range(RELOADS):
    reload("one" if i % 2 else "two", i % 10 == 0)
    time.sleep(0.05)  # the pace of the reloads
rate = load.stop()
rounds = long.stop()
assert listening() == sockets, "other listening sockets than before"
after = routes()
assert set(after) == set(before), after
echo = next(name for name in before if before[name]["server"] == "back")
for name in ("all", echo):
    assert after[name]["handle"] == before[name]["handle"], after
    assert after[name]["hits"] == load.done + 1, (name, after, load.done)
# What went and came back is another route, and no number came twice.
assert int(after["one"]["handle"][1:]) > RELOADS, after
print(f"{RELOADS} reloads, {load.done} connections, {rate:.0f} a second, "
      f"{rounds} rounds of the long one")
PY

# A file that cannot be used changes nothing, and is named with its line.
printf '{"apps":\n {"layer4" {}}}' >"$tmp/config.json"
kill -HUP "${pids[pointsmand]}"
wait_log pointsmand "nothing changed: $tmp/config.json:2:[0-9]+: "
echo '{"apps":{"layer4":{"servers":{"front":{"listen":["127.0.0.1:'"$LISTEN"'"],"routes":[{"handle":[{"handler":"eco"}]}]}}}}}' |
    config
kill -HUP "${pids[pointsmand]}"
wait_log pointsmand "servers.front.routes\[0\].handle\[0\].handler: unknown handler 'eco'"
"$python" -c 'from load import *; import os; echoed(int(os.environ["LISTEN"]))' ||
    fail "a bad file stopped the daemon"
