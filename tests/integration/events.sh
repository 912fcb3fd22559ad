#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Events, as pointsctl monitor prints them: of connections, of changes, of listeners; in the order
# of their numbers, from where a reader left off, and to the end of the reader or of the daemon.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) OTHER=$(free_port) BACKEND=$(free_port)
export LISTEN OTHER BACKEND
route='[{"@id": "db", "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:'$BACKEND'"]}]}]}]'
document() { # LISTEN…
    printf '{"apps":{"layer4":{"servers":{"main":{"listen":[%s],"routes":%s}}}}}' "$1" "$route"
}
document "\"127.0.0.1:$LISTEN\"" | config
daemon

# events FILE EXPRESSION: is it true of `all`, the events in the file?
events() {
    "$python" - "$tmp/$1" "$2" <<'PY'
import json, sys
all = [json.loads(line) for line in open(sys.argv[1])]
def of(kind):
    return [e for e in all if e["type"] == kind]
sys.exit(not eval(sys.argv[2]))
PY
}

expect_events() { # FILE EXPRESSION
    events "$@" || {
        cat "$tmp/$1" >&2
        fail "not so in $1: $2"
    }
}

# watch NAME ARGUMENT…: in the background; its lines in $tmp/NAME.log
watch() {
    local name=$1
    shift
    start "$name" "$pointsctl" -s "$sock" "$@"
}

watch all monitor --since 0
watch text -o text monitor --since 0
watch closes conn watch 'reason==client_closed'
watch names -o name monitor config --since 0
wait_log all config.changed
wait_log text config.changed
wait_log names '^[0-9]+$'
# Nothing of it says that it has begun: an event that it does not show comes behind its request.
wait_until 30 "the watcher" eval '[ "$(ctl -j status | grep -oE "\"clients\":[0-9]+")" = "\"clients\":5" ]'

# --- connections --------------------------------------------------------------------------------
"$python" - <<'PY' || fail "the connection"
from peers import *
backend = Backend(port("BACKEND"))
client = connect(port("LISTEN"), ("127.0.0.77", 0))
client.sendall(b"hello")
server = backend.accept()
expect(server, b"hello")
server.sendall(b"hi")
expect(client, b"hi")
client.close()
expect_end(server)
PY
wait_log all '"conn.close"'
wait_log closes '"conn.close"'
open='of("conn.open")[0]' close='of("conn.close")[0]'
expect_events all.log "$open['id'] == $close['id'] and $open['seq'] < $close['seq']"
expect_events all.log "$close['src'].startswith('127.0.0.77:') and $open['src'] == $close['src']"
expect_events all.log "$close['dst'] == '127.0.0.1:$LISTEN' and $close['listener'] == 'tcp/127.0.0.1:$LISTEN'"
expect_events all.log "$close['server'] == 'main' and $close['route'] == 'db'"
expect_events all.log "$close['upstream'] == 'tcp/127.0.0.1:$BACKEND' and $close['proto'] == 'tcp'"
expect_events all.log "$close['bytes_in'] == 5 and $close['bytes_out'] == 2"
expect_events all.log "$close['reason'] == 'client_closed' and 0 <= $close['duration'] < 20"
expect_events closes.log "len(all) == 1 and all[0]['id'] == $(grep -o '"conn.close".*"id":[0-9]*' \
    "$tmp/all.log" | grep -oE '[0-9]+$')"
wait_log text 'conn\.close +id=.* route=db .*bytes_in=5 .*reason=client_closed'

# --- changes ------------------------------------------------------------------------------------
"$python" - "$sock" <<'PY' || fail "txn.apply"
import json, os, sys
from control_client import Client
client = Client(sys.argv[1])
for op, comment in (("pause", "a rest"), ("resume", "")):
    operation = {"op": f"listener.{op}", "address": f"127.0.0.1:{os.environ['LISTEN']}"}
    client.call("txn.apply", operations=json.dumps([operation]), comment=comment)
PY
document "\"127.0.0.1:$LISTEN\", \"127.0.0.1:$OTHER\"" | config
kill -HUP "${pids[pointsmand]}"
wait_until 30 "the reload" events all.log "[e for e in of('config.changed') if e['who'] == 'reload']"
echo '{"apps": {"layer4": {"servers": {"main": {"lisen": []}}}}}' | config
kill -HUP "${pids[pointsmand]}"
wait_log all '"config.refused"'
expect_events all.log "of('config.changed')[0]['who'] == 'start'"
expect_events all.log "of('listener.opened')[-1]['listener'] == 'tcp/127.0.0.1:$OTHER'"
expect_events all.log "of('config.refused')[0]['code'] == 'invalid' and 'lisen' in of('config.refused')[0]['message']"
expect_events all.log "of('config.refused')[0]['revision'] == of('config.changed')[-1]['revision']"
expect_events all.log "of('config.changed')[1]['comment'] == 'a rest'"
expect_events all.log "of('config.changed')[1]['who'].startswith('uid ')"
expect_events all.log "len(of('listener.paused')) == 1 and len(of('listener.resumed')) == 1"
expect_events all.log "[e['seq'] for e in all] == list(range(1, len(all) + 1))"
wait_until 30 "the numbers" events names.log "len(all) >= 2 and all == sorted(all)"

# --- from where one left off --------------------------------------------------------------------
ctl monitor --since 2 | head -n 1 >"$tmp/third" || fail "monitor ends with whoever reads it"
cmp "$tmp/third" <(sed -n 3p "$tmp/all.log") || fail "the event after number 2"
# With its time, which the daemon knows to be its own.
third=$("$python" -c 'import json, sys; e = json.loads(sys.stdin.readlines()[1]); print(e["time"])' <"$tmp/all.log")
ctl monitor --since "2@$third" | head -n 1 | cmp - "$tmp/third" || fail "the event after number 2 and its time"
for since in 2@2020-01-02T03:04:05.678Z=6 2@yesterday=7 2@=7 x@"$third"=2; do
    status=0
    ctl monitor --since "${since%=*}" 2>"$tmp/err" || status=$?
    same "${since#*=}" $status "exit status of --since ${since%=*}: $(cat "$tmp/err")"
done
status=0
ctl call events.watch "since_time=$third" 2>"$tmp/err" || status=$?
same 7 $status "exit status for a time without a number"
status=0
ctl monitor --since 1000000 2>"$tmp/err" || status=$?
same 6 $status "exit status for a number that there is not yet"
status=0
ctl monitor conn.clos 2>"$tmp/err" || status=$?
same 7 $status "exit status for an unknown type"
grep -q "did you mean 'conn.close'" "$tmp/err" || fail "no hint: $(cat "$tmp/err")"

# --- on a terminal: lines for people, and Ctrl-C ------------------------------------------------
"$python" - "$pointsctl" -s "$sock" monitor --since 0 <<'PY' || fail "on a terminal"
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = os.read(terminal, 100)
assert b" listener.opened " in shown and b"{" not in shown, shown
os.write(terminal, b"\x03")
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
assert code == 0, code
PY

# --- the end ------------------------------------------------------------------------------------
stop text INT || fail "exit status after SIGINT: $?"
stop closes TERM || fail "exit status after SIGTERM: $?"
stop names TERM
stop pointsmand TERM || fail "SIGTERM"
status=0
wait "${pids[all]}" || status=$?
unset "pids[all]"
same 3 $status "exit status when the daemon goes"

# --- and the next daemon ------------------------------------------------------------------------
# A number that it has, too, but another event's.
document "\"127.0.0.1:$LISTEN\"" | config
daemon
wait_until 30 "events" eval '[ "$(ctl monitor --since 0 2>/dev/null | head -n 2 | wc -l)" = 2 ]'
status=0
ctl monitor --since "1@$third" 2>"$tmp/err" || status=$?
same 6 $status "exit status for an event of the daemon before"
grep -q 'started anew at 20' "$tmp/err" || fail "no word about it: $(cat "$tmp/err")"
