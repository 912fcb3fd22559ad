#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A transaction that leaves the document as it is succeeds, says so, and makes no revision and no
# event; what it says of connections is done nevertheless.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
  {"@id": "web", "match": [{"tls": {}}], "handle": [{"handler": "proxy", "upstreams": [
    {"@id": "one", "dial": ["127.0.0.1:1"], "weight": 2}, {"@id": "two", "dial": ["127.0.0.1:2"]}]}]},
  {"@id": "off", "disabled": true, "handle": [{"handler": "echo"}]},
  {"match": [{"ssh": {}}], "handle": [{"handler": "close"}]},
  {"match": [{"ssh": {}}], "handle": [{"handler": "close"}]},
  {"@id": "echo", "handle": [{"handler": "echo"}]}]}}}}}
JSON
daemon

# unchanged COMMAND…: as text and as JSON, and as a dry run.
unchanged() {
    local before
    before=$(revision)
    code 0 "$@"
    same "nothing changed: revision $before" "$(cat "$tmp/out")" "what is said of: $*"
    code 0 -j "$@"
    json "out['unchanged'] is True and out['revision'] == out['rev'] == $before"
    code 0 -n "$@"
    says '^nothing would change$'
    same "$before" "$(revision)" "the revision after: $*"
}

# --- what changes nothing -----------------------------------------------------------------------
unchanged route mv web --before web
unchanged route mv web --first
unchanged route mv echo --last
unchanged route disable off
unchanged route enable web echo
unchanged route set web 'match=[{"tls":{}}]'
unchanged route set web nothing=null
unchanged upstream set web one weight=2
unchanged upstream enable web one two
unchanged listener resume "127.0.0.1:$LISTEN"
code 0 -j route show off
"$python" -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["route"]))' <"$tmp/out" >"$tmp/off.json"
unchanged route replace off "$tmp/off.json"
printf 'route disable echo\nroute enable echo\nroute set web disabled=true\nroute set web disabled=null\n' >"$tmp/both"
unchanged batch "$tmp/both"
same 1 "$(revision)" "the revision in the end"
same 1 "$(ctl -o name config history | wc -l)" "revisions in the history"
ctl -j monitor --since 0 config >"$tmp/events" &
watcher=$!

# --- what does: alike is not the same -----------------------------------------------------------
third=$(ctl -o name route ls | sed -n 3p) fourth=$(ctl -o name route ls | sed -n 4p)
code 0 -j route mv "$fourth" --before "$third"
json '"unchanged" not in out and out["revision"] == 2'
same "$fourth $third" "$(ctl -o name route ls | sed -n 3,4p | xargs)" "two that look the same, in the other order"
printf 'route rm web\nroute add --server main --first <<END\n%s\nEND\n' \
    '{"@id":"web","match":[{"tls":{}}],"handle":[{"handler":"close"}]}' >"$tmp/again"
code 0 -j batch "$tmp/again"
json '"unchanged" not in out'
code 0 route disable web
says '^route web disabled$'
says '^revision 4$'

# --- options of transactions --------------------------------------------------------------------
unchanged route disable web --if-rev 4
refused 6 'is at revision 4, not 3' route disable web --if-rev 3
unchanged route disable web --confirm 60s
same "" "$(cat "$tmp/err")" "what is said of a confirmation that nobody needs"
code 0 -j status
code 0 route enable web
code 0 route disable web --confirm 60s
refused 10 'waits to be confirmed' route disable web
code 0 config confirm
refused 7 'cannot be saved at once' route disable web --confirm 60s --save
unchanged route disable web --save
code 0 route disable web --save
grep -q 'nothing was saved; what runs is saved by: pointsctl config save$' "$tmp/err" ||
    fail "nothing is said of what was not saved: $(cat "$tmp/err")"
code 0 -j route disable web --txn-id once
first=$(cat "$tmp/out")
code 0 route enable web
code 0 -j route disable web --txn-id once
same "$(sed 's/"rev":[0-9]*/"rev":/' <<<"$first")" "$(sed 's/"rev":[0-9]*/"rev":/' "$tmp/out")" \
    "the answer to the same transaction again"
code 0 -e -o name route set echo disabled=null
same echo "$(cat "$tmp/out")" "the echo of what did not change"

# --- connections --------------------------------------------------------------------------------
exec 5<>/dev/tcp/127.0.0.1/$LISTEN
echo hello >&5
read -r -t 10 line <&5 && same hello "$line" "the echo"
code 0 route disable echo
says '^route echo disabled, 1 connection kept$'
code 0 route disable echo
same "nothing changed: revision $(revision)" "$(cat "$tmp/out")" "disabled again"
code 0 route disable echo --existing kill
says '^route echo disabled, 1 connection ended$'
says "^nothing changed: revision $(revision)$"
wait_until 10 "its end" eval '[ -z "$(ctl -o name conn ls)" ]'

# --- events -------------------------------------------------------------------------------------
last=$(revision)
wait_until 10 "the event of the last change" grep -q "\"revision\":$last" "$tmp/events"
kill "$watcher"
wait "$watcher" || true
"$python" - "$tmp/events" "$last" <<'PY' || fail "events of changes that were none: $(cat "$tmp/events")"
import json, sys
numbers = [e["revision"] for e in map(json.loads, open(sys.argv[1])) if e["type"] == "config.changed"]
sys.exit(numbers != list(range(1, int(sys.argv[2]) + 1)))
PY
