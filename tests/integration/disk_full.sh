#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A state folder on a full disk: what would be saved is refused and has no effect; what needs not be
# saved goes on; and the daemon starts with what it has.
. "$(dirname "$0")/lib.sh"
need_msgpack
own_network || skip "cannot mount (needs root)"

LISTEN=$(free_port)
export sock
simple_server "$LISTEN" '[{"handler":"echo"}]' | config
mkdir "$tmp/state"
mount -t tmpfs -o size=128k,mode=700 tmpfs "$tmp/state" || skip "cannot mount a tmpfs"
daemon

# said OPTIONS: of adding a route; what the daemon answers
said() {
    "$python" - "$@" <<'PY'
import json, os, sys
from control_client import *
options = {name: True for name in sys.argv[2:]}
route = json.dumps({"@id": sys.argv[1], "handle": [{"handler": "close"}]})
operation = {"op": "route.add", "server": "main", "first": True, "route": route}
client = Client(os.environ["sock"])
try:
    client.call("txn.apply", operations=json.dumps([operation]), **options)
    print("done", end=" ")
except ControlError as error:
    assert "No space left" in str(error), error
    print(error.code, end=" ")
status = client.call("status")[0]
print(status["rev"], status["saved"], status["unsaved"])
PY
}

same "done 2 1 0" "$(said one save)" "a saved change"
dd if=/dev/zero of="$tmp/state/filler" bs=4k 2>/dev/null && fail "the disk is not full"
same "internal 2 1 0" "$(said two save)" "a saved change on a full disk"
same "done 3 1 1" "$(said three)" "an unsaved change on a full disk"
ctl config save 2>"$tmp/err" && fail "config save on a full disk"
grep -q 'No space left' "$tmp/err" || fail "config save: $(cat "$tmp/err")"

# The disk is still full at the next start.
stop pointsmand KILL
daemon
ctl config show | grep -q '"@id": "one"' || fail "the saved change is gone"
same "done 2 1 1" "$(said three)" "an unsaved change after a start on a full disk"
rm "$tmp/state/filler"
ctl config save >/dev/null || fail "config save with room again"
stop pointsmand KILL
daemon
ctl config show | grep -q '"@id": "three"' || fail "the change saved last is gone"
same "done 2 3 0" "$(said four save)" "a saved change with room again"
stop pointsmand
umount "$tmp/state"
