#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl config: every verb, what it refuses, exit codes, JSON shapes.
. "$(dirname "$0")/ctl_lib.sh"

L1=$(free_port) L2=$(free_port)
doc() { # SNI PASSWORD
    cat <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$L1"], "routes": [
  {"@id": "web", "match": [{"tls": {"sni": ["$1"]}}], "handle": [{"handler": "echo"}]},
  {"@id": "vars", "match": [{"ssh": {}}], "handle": [
    {"handler": "vars", "password": "$2", "mac_key": "pw-of-ann"}, {"handler": "close"}]}
]}}}}}
JSON
}
doc one.example pw-of-joe | config
daemon

# --- show, export -------------------------------------------------------------------------------
code 0 config show
says '^    "apps": \{$'
grep -q 'pw-of' "$tmp/out" && fail "config show shows a secret"
code 0 -j config show
json 'out["rev"] == 1 and list(out["config"]["apps"]) == ["layer4"]'
json 'list(out["config"]["apps"]["layer4"]["servers"]["main"]["routes"][1]["handle"][0]["password"]) == ["$secret"]'
code 0 config export
json 'list(out) == ["apps"]'
cp "$tmp/out" "$tmp/exported.json"
code 0 -j config export
same 1 "$(wc -l <"$tmp/out")" "lines of config export -j"
refused 2 usage config export more

# --- several errors in one go --------------------------------------------------------------------
printf %s '{"apps":{"layer4":{"servers":{"a":{"listen":["127.0.0.1:1"],"routes":[{"handle":[{"handler":"ecko"}]},{"match":4}]}}}}}' >"$tmp/wrong.json"
refused 7 "routes\[0\].handle\[0\].handler: unknown handler .ecko" config check "$tmp/wrong.json"
grep -q "routes\[1\].match: must be an array" "$tmp/err" || fail "the second error is not told of"
sed 's/^{/{"loging":{},/' "$tmp/wrong.json" >"$tmp/more.json"
refused 7 "unknown field .loging." config check "$tmp/more.json"
grep -q "unknown handler .ecko" "$tmp/err" || fail "a field at the top hides what is in the apps"
refused 7 "\"others\":\[\{\"code\":\"invalid\",\"message\":\"must be an array.*\}\],\"exit\":7" -j config apply "$tmp/wrong.json"

# --- what was exported is accepted back ---------------------------------------------------------
code 0 config check -f "$tmp/exported.json"
says '^valid; it is the document in force$'
code 0 -j config apply "$tmp/exported.json"
shape '{rev:int revision:int connections:int change_count:int changes:[]}'
json 'out["revision"] == 2 and out["change_count"] == 0'
# A mask goes with its key, and only to where it is masked again.
masked() { # SED-EXPRESSION
    sed "$1" "$tmp/exported.json" >"$tmp/changed.json"
    cmp -s "$tmp/changed.json" "$tmp/exported.json" && fail "sed '$1' changes nothing"
    true
}
masked 's/"@id": "vars"/"@id": "vras"/'
code 0 config check "$tmp/changed.json"
says 'routes\[1\]: (added|removed)'
masked 's/sha256:[0-9a-f]*/sha256:00/'
refused 7 'handle\[0\].password: the document in force has no such secret' config apply "$tmp/changed.json"
masked 's/"mac_key"/"x"/; s/"password"/"mac_key"/'
refused 7 'handle\[0\].mac_key: the document in force has no such secret' config apply "$tmp/changed.json"
mask=$(grep -o '{[^{}]*sha256:[^}]*}' <<<"$(tr -d '\n ' <"$tmp/exported.json")" | head -n 1)
printf '{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:%s"],"routes":[{"handle":[{"handler":"respond","body":%s}]}]}}}}}' \
    "$L1" "$mask" >"$tmp/stolen.json"
refused 7 'handle\[0\].body: a masked secret can only stand where a secret does' config apply "$tmp/stolen.json"
# So with single routes, as they are shown.
code 0 -j route show vars
value '__import__("json").dumps(out["route"])' | sed 's/"vars"/"copy"/' >"$tmp/copy.json"
sed -i 's/"handler": "copy"/"handler": "vars"/' "$tmp/copy.json"
code 0 route add --server main "$tmp/copy.json"
code 0 -j config show
json '(lambda r: r[1]["handle"] == r[2]["handle"])(out["config"]["apps"]["layer4"]["servers"]["main"]["routes"])'
code 0 route set copy "handle=[{\"handler\":\"vars\",\"password\":$mask},{\"handler\":\"close\"}]"
refused 7 'a masked secret can only' route set copy "handle=[{\"handler\":\"respond\",\"body\":$mask}]"
code 0 route rm copy

# --- check, apply, diff -------------------------------------------------------------------------
doc two.example pw-of-jim >"$tmp/two.json"
code 0 config check "$tmp/two.json"
says '^valid; it would change 2 places:$'
says 'routes\[0\].match\[0\].tls.sni\[0\]: changed$'
says '^ +- "one.example"$'
says '^ +\+ "two.example"$'
grep -q 'pw-of' "$tmp/out" && fail "config check shows a secret"
at80 config check -f "$tmp/two.json"
code 0 -jn config apply "$tmp/two.json"
shape '{rev:int revision:int connections:int existing:{keep:int drain:int kill:int} change_count:int changes:[{path:text change:text before:text after:text}]}'
before=$(revision)
cp "$tmp/two.json" "$tmp/in"
code 0 config apply -f - --comment 'two for one' --if-rev "$before"
says "^revision $((before + 1)), 2 places changed:$"
refused 6 "is at revision $((before + 1)), not $before; look again" config apply "$tmp/two.json" --if-rev "$before"
code 1 config diff
says '"two.example"'
at_least() { json "len(out['items']) == $1"; }
code 1 -j config diff
shape '{rev:int items:[{path:text change:text before:text after:text}]}'
at_least 2
code 1 -o name config diff
same 2 "$(wc -l <"$tmp/out")" "lines of config diff -o name"
code 0 config diff "$(revision)" "$(revision)"
same '' "$(cat "$tmp/out")" "a diff of nothing"
code 0 -j config diff 1 2
at_least 0
code 1 config diff file
code 1 config diff 1
refused 5 'not remembered' config diff 999
refused 2 "REVISION, file or saved, not 'x'" config diff x
refused 2 "'x' is not a revision" config diff 1 x
refused 2 usage config diff 1 2 3

cat >"$tmp/Caddyfile" <<CADDY
{
    layer4 {
        127.0.0.1:$L1 {
            route {
                echo
            }
        }
    }
}
CADDY
code 0 config check "$tmp/Caddyfile"
says 'places?:$'
sed -i 's/echo/ehco/' "$tmp/Caddyfile"
refused 7 "^pointsctl: $tmp/Caddyfile:5: .*'ehco', did you mean 'echo'" config apply -f "$tmp/Caddyfile"
printf '{$SECRET}\nimport /etc/passwd\n' >"$tmp/in"
refused 7 'cannot be imported' config check
echo '{"apps": {"layer4": {"serverss": {}}}}' >"$tmp/in"
refused 7 "apps.layer4: unknown field 'serverss', did you mean 'servers'" config apply
echo '{"apps": ]' >"$tmp/bad.json"
refused 7 "^pointsctl: $tmp/bad.json:1:[0-9]+: not JSON" config check "$tmp/bad.json"
refused 2 'cannot open' config apply "$tmp/none.json"
refused 7 'standard input: is empty; a document without anything is ..$' config apply
refused 2 '--if-rev is not for config check' config check "$tmp/two.json" --if-rev 1

# --- history, rollback --------------------------------------------------------------------------
code 0 -j config history
shape '{rev:int items:[{revision:int time:text who:text comment:text}]}'
json 'out["items"][0]["comment"] == "two for one" and out["items"][-1]["who"] == "start"'
json '[i["revision"] for i in out["items"]] == list(range(out["rev"], 0, -1))'
code 0 config history
says '^REVISION +TIME +WHO +COMMENT$'
at80 config history
before=$(revision)
code 0 -n config rollback
says 'would change 2 places'
same "$before" "$(revision)" "the revision after a dry run"
code 0 config rollback
says "^revision $((before + 1)), 2 places changed:$"
code 0 -j config diff 2 "$((before + 1))"
at_least 0
code 0 config rollback "$before"
code 0 -j config history
json "out['items'][0]['comment'] == 'rollback to $before'"
code 0 config rollback 2 --comment back
refused 5 'not remembered' config rollback 999
refused 2 'is not an id' config rollback one
refused 6 'is at revision' config rollback 2 --if-rev 1

# --- reload -------------------------------------------------------------------------------------
doc three.example pw-of-joe | config
code 1 config diff file
code 0 -j config reload
shape '{rev:int revision:int connections:int change_count:int changes:[{path:text change:text before:text after:text}] set_aside:[]}'
json 'out["change_count"] == 1'
code 0 config diff file
echo '{"apps": {"layer4": {"serverss": {}}}}' | config
refused 7 'serverss' config reload
rm "$tmp/config.json"
refused 5 'cannot open' config reload
refused 2 'dry-run is not for config reload' config reload -n
doc one.example pw-of-joe | config
code 0 config reload

# --- what has to be confirmed -------------------------------------------------------------------
before=$(ctl config export)
code 0 config apply "$tmp/two.json" --confirm 1s
grep -q 'taken back in 1s, unless: pointsctl config confirm' "$tmp/err" || fail "no hint: $(cat "$tmp/err")"
taken_back() {
    [ "$(ctl config export)" = "$before" ]
}
wait_until 30 "what was not confirmed to be taken back" taken_back
code 0 config apply "$tmp/two.json" --confirm 60s
code 0 config confirm
code 0 config rollback 1
echo '{"@id":"try","handle":[{"handler":"close"}]}' >"$tmp/in"
code 0 route add --server main --confirm 60s
code 0 config confirm
code 0 route rm try
refused 2 '--confirm is not for config rollback' config rollback --confirm 60s
refused 2 '--confirm takes a duration' config apply "$tmp/two.json" --confirm 0
refused 5 'no change waits' config confirm
code 0 config reload

# --- what is saved ------------------------------------------------------------------------------
code 0 config diff saved
echo '{"@id":"kept","handle":[{"handler":"close"}]}' >"$tmp/in"
code 0 route add --server main --save
echo '{"@id":"lost","handle":[{"handler":"close"}]}' >"$tmp/in"
code 0 route add --server main
code 1 config diff saved
says 'routes\[3\]: added'
code 0 config save
code 0 config diff saved
code 0 route rm kept lost --save
code 0 config apply "$tmp/two.json" --save
code 0 config diff saved
doc four.example pw-of-joe | config
code 0 config reload
says '^saved changes that are set aside:$'
says 'tls.sni\[0\]: '
code 0 config save
doc one.example pw-of-joe | config
code 0 config reload

# --- what is too long for one request -----------------------------------------------------------
"$python" - "$L1" >"$tmp/long.json" <<'PY'
import json, sys
ranges = [f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32" for i in range(150000)]
print(json.dumps({"apps": {"layer4": {"servers": {"main": {"listen": [f"127.0.0.1:{sys.argv[1]}"], "routes": [
    {"@id": "long", "match": [{"remote_ip": {"ranges": ranges}}], "handle": [{"handler": "echo"}]}]}}}}}))
PY
code 0 config check "$tmp/long.json"
code 0 -t 30s config apply "$tmp/long.json"
code 0 config export
json 'len(out["apps"]["layer4"]["servers"]["main"]["routes"][0]["match"][0]["remote_ip"]["ranges"]) == 150000'
refused 10 'too long for one answer' route show long
"$python" -c '
import json, sys
print(json.dumps(json.load(open(sys.argv[1]))["apps"]["layer4"]["servers"]["main"]["routes"][0]))' \
    "$tmp/long.json" | sed 's/"long"/"second"/' >"$tmp/in"
code 0 -t 30s route add --server main
says '^route second added$'
head -c 9000000 /dev/zero >"$tmp/in"
refused 10 'larger than 8 MiB' config apply
# So many of them are not remembered, only the newest and the one before in any case.
before=$(revision)
for i in $(seq 14); do
    code 0 -o name -t 30s config apply "$tmp/long.json"
done
code 0 -j config history
json "3 <= len(out['items']) <= 13 and out['items'][0]['revision'] == $before + 14"
refused 5 'not remembered' config rollback 1
code 0 config rollback
doc one.example pw-of-joe | config
code 0 config reload

# --- exit codes that every verb shares ----------------------------------------------------------
refused 2 "no verb 'exprot', did you mean 'export'" config exprot
refused 2 "no object 'confg', did you mean 'config'" confg show
refused 2 'config needs a verb: apply, check, confirm, diff, export' config
kill -STOP "${pids[pointsmand]}"
code 8 -t 300ms config show
kill -CONT "${pids[pointsmand]}"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    status=0
    chmod 711 "$tmp"
    install -m 755 "$pointsctl" "$tmp/ctl" 2>/dev/null
    setpriv --reuid 65534 --regid 65534 --clear-groups "$tmp/ctl" -s "$sock" config show \
        >"$tmp/out" 2>"$tmp/err" || status=$?
    same 4 $status "exit status for a stranger"
fi
code 0 help
[ "$(awk 'length > 80' "$tmp/out")" = '' ] || fail "help is wider than 80 columns"
sed -n '/^options:/q; s/^  \([a-z]*\) .*/\1/p' "$tmp/out" | sort -u >"$tmp/objects"
[ -s "$tmp/objects" ] || fail "help lists no objects"
while read -r object; do
    code 0 help "$object"
    [ "$(awk 'length > 80' "$tmp/out")" = '' ] || fail "help $object is wider than 80 columns"
done <"$tmp/objects"
code 0 help route
mv "$tmp/out" "$tmp/help"
code 0 route --help
cmp "$tmp/help" "$tmp/out" || fail "route --help is not help route"
code 2 rout --help
stop pointsmand QUIT || fail "SIGQUIT"
code 3 config show
code 3 route rm web
code 3 config apply "$tmp/two.json"
