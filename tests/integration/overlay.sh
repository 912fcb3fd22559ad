#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Saved changes: over restarts and reloads, beside what the file says, where they cannot run, and
# where their journal is damaged. Nothing of it prevents a start.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) SECOND=$(free_port) THIRD=$(free_port)
export LISTEN SECOND THIRD sock
# file LISTEN-PORT MEMBERS: the route "web" with more members
file() {
    cat <<EOF2 | config
{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:$1"],"routes":[
  {"@id":"web","match":[{"tls":{}}],"handle":[{"handler":"echo"}]$2},
  {"@id":"all","handle":[{"handler":"echo"}]}]}}}}}
EOF2
}

cat >"$tmp/helpers.py" <<'PY'
import json, os
from control_client import *
from peers import connect, port
c = Client(os.environ["sock"])
DISABLED = "apps.layer4.servers.main.routes[@web].disabled"
def change(*operations, **options):
    return c.call("txn.apply", operations=json.dumps(operations), **options)[0]
def status(*keys):
    found = c.call("status")[0]
    return tuple(found[key] for key in keys)
def route(name):
    return json.dumps({"@id": name, "match": [{"ssh": {}}], "handle": [{"handler": "close"}]})
def names():
    return [r["name"] for r in c.call("route.ls")[1] if r["server"] == "main"]
PY
PYTHONPATH=$PYTHONPATH:$tmp

# control WHAT: Python on stdin, with these helpers.
control() {
    "$python" <(echo 'from helpers import *'; cat) || fail "$1"
}

restart() {
    stop pointsmand "${1:-KILL}"
    : >"$tmp/pointsmand.log"
    daemon
}

file "$LISTEN" ""
daemon

control "save and not save" <<'PY'
assert status("saved", "unsaved", "set_aside") == (0, 0, 0)
change({"op": "route.add", "server": "main", "first": True, "route": route("lost")})
change({"op": "route.disable", "id": "web"}, save=True)
change({"op": "route.add", "server": "main", "before": "all", "route": route("kept")}, save=True)
assert names() == ["lost", "web", "kept", "all"], names()
assert status("saved", "unsaved", "set_aside") == (2, 1, 0)
assert [d["path"] for d in c.call("config.diff", saved=True)[1]] == [
    "apps.layer4.servers.main.routes[0]"]
assert refused("conflict", change, {"op": "route.disable", "id": "lost"}, save=True).path
# Whoever holds the old route is seen.
held = connect(port("LISTEN"))
held.sendall(b"x")
assert held.recv(1) == b"x"
change({"op": "route.set", "id": "all", "key": "handle", "value": '[{"handler":"close"}]'})
assert status("old_routes") == (1,)
held.close()
PY
restart
control "after a restart" <<'PY'
assert names() == ["web", "kept", "all"], names()
assert status("saved", "unsaved", "set_aside") == (2, 0, 0)
assert c.call("route.show", id="web")[0]["disabled"]
change({"op": "route.rm", "id": "kept"})
PY

file "$LISTEN" ',"disabled":false'
control "the file wins" <<'PY'
result = c.call("config.reload")[0]
assert result["set_aside"] == [{"path": DISABLED, "reason": "the file has a value of its own there now"}]
assert names() == ["web", "kept", "all"], names()
assert not c.call("route.show", id="web")[0]["disabled"]
assert status("saved", "unsaved", "set_aside") == (1, 0, 1)
assert c.call("config.history")[1][0]["comment"] == "1 saved change set aside"
PY
wait_log pointsmand "1 unsaved change is gone with the reload"
wait_log pointsmand 'a saved change of .*\[@web\].disabled is set aside: the file has'
ctl config save -n >"$tmp/out" || fail "config save -n"
grep -q 'set aside, and would be forgotten' "$tmp/out" || fail "config save -n: $(cat "$tmp/out")"
ctl -j config save >"$tmp/out" || fail "config save"
grep -q '"change_count":0.*"saved":1' "$tmp/out" || fail "config save: $(cat "$tmp/out")"
file "$LISTEN" ""
ctl status >/dev/null
control "forgotten" <<'PY'
assert c.call("config.reload")[0]["set_aside"] == []
assert not c.call("route.show", id="web")[0]["disabled"]
PY

# A saved listener whose port somebody else has, and a saved server that the file collides with.
control "listeners" <<'PY'
address = f"127.0.0.1:{port('SECOND')}"
change({"op": "listener.add", "server": "main", "address": address}, save=True)
server = {"listen": [f"127.0.0.1:{port('THIRD')}"], "routes": []}
change({"op": "server.add", "name": "extra", "server": json.dumps(server)}, save=True)
assert status("saved", "unsaved") == (3, 0)
PY
stop pointsmand
start squatter "$python" -c 'from peers import *; b = Backend(port("SECOND")); time.sleep(600)'
wait_until 30 "the port to be taken" listening "$SECOND"
restart
wait_log pointsmand "a saved change of .*main.listen\[.*\] is set aside: .*$SECOND"
control "the port is taken" <<'PY'
assert status("saved", "set_aside") == (2, 1), c.call("status")
assert names() == ["web", "kept", "all"], names()
assert [s["name"] for s in c.call("server.ls")[1]] == ["main", "extra"]
PY
stop squatter
file "$THIRD" ""
control "the port is free, the file collides" <<'PY'
result = c.call("config.reload")[0]
assert [a["path"] for a in result["set_aside"]] == ["apps.layer4.servers.extra"], result
assert "listen" in result["set_aside"][0]["reason"], result
addresses = [r["address"] for r in c.call("listener.ls")[1]]
assert sorted(addresses) == sorted(f"127.0.0.1:{port(n)}" for n in ("THIRD", "SECOND")), addresses
connect(port("SECOND")).close()
PY

# A file that cannot run is refused for its own fault, whatever is saved.
echo '{"apps":{"layer4":{"servers":{"main":{"listen":[],"routes":[{"handle":[{"handler":"eco"}]}]}}}}}' | config
control "a bad file" <<'PY'
error = refused("invalid", c.call, "config.reload")
assert error.path == "apps.layer4.servers.main.routes[0].handle[0].handler", error.path
connect(port("SECOND")).close()
PY

# Damage: the file alone, loudly.
file "$LISTEN" ""
stop pointsmand
printf x | dd of="$tmp/state/config/overlay" bs=1 seek=200 conv=notrunc 2>/dev/null
restart
wait_log pointsmand "no saved change has effect, .*config/overlay' is damaged"
wait_log pointsmand "kept as '.*/config/overlay.damaged'"
[ -s "$tmp/state/config/overlay.damaged" ] || fail "the damaged journal is not kept"
control "damage" <<'PY'
assert status("saved", "unsaved", "set_aside") == (0, 0, 0)
assert names() == ["web", "all"], names()
change({"op": "route.disable", "id": "web"}, save=True)
PY
restart TERM
control "after damage" <<'PY'
assert status("saved") == (1,)
PY
