#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A client in Python, written from the protocol's header and page alone, against a daemon.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port)
config <<EOF
{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:$LISTEN"],"routes":[
    {"@id":"db","match":[{"postgres":{}}],"handle":[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:9"]}]}]},
    {"@id":"all","handle":[{"handler":"echo"}]}]}}},
  "tls":{"certificates":{"automate":["localhost"]}}}}
EOF
daemon
for file in control_client control_changes; do
    "$python" "$here/$file.py" "$sock" "$LISTEN" || fail "$file.py"
    running pointsmand || fail "the daemon ended"
done

# A daemon that is killed while a change waits to be confirmed comes back without it.
"$python" "$here/control_changes.py" "$sock" begin || fail "a change to be confirmed"
revision=$("$python" -c "
import sys
from control_client import Client
client = Client(sys.argv[1])
print(client.call('status')[0]['unconfirmed'])" "$sock")
ctl config confirm 1 && fail "another revision was confirmed"
stop pointsmand KILL
daemon
ctl config confirm "$revision" && fail "a change outlived the daemon unconfirmed"
ctl config show | grep -q unconfirmed && fail "the change is still there"
"$python" "$here/control_changes.py" "$sock" begin || fail "a change to be confirmed"
ctl config confirm || fail "pointsctl config confirm"
ctl config show | grep -q unconfirmed || fail "the change is not there"

# The same with pointsctl alone.
add() { # OPTION…
    echo '{"@id":"late","handle":[{"handler":"close"}]}' | ctl route add --server main "$@"
}
add --confirm 1s --txn-id once || fail "route add --confirm"
wait_until 30 "the change to be taken back" eval '! ctl config show | grep -q late'
add --confirm 1s --txn-id once || fail "the same id again"
add --txn-id once && fail "the same id for a change that is not taken back"
ctl config show | grep -q late && fail "what was done once was done again"
add --confirm 100ms --txn-id twice || fail "another id"
add --confirm 5x && fail "--confirm 5x"
[ "$(ctl -j config show --secrets | wc -c)" -gt 10 ] || fail "config show --secrets"
