#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every command with -j, each answer against what `pointsctl schema` says of it; and schema itself.
. "$(dirname "$0")/ctl_lib.sh"
need_module jsonschema

port=$(free_port) other=$(free_port)
config <<JSON
{"apps": {
  "layer4": {"servers": {"main": {"listen": ["127.0.0.1:$port"], "routes": [
    {"@id": "tls", "match": [{"tls": {"sni": ["localhost"]}}],
     "handle": [{"handler": "tls"}, {"handler": "echo"}]},
    {"@id": "web", "match": [{"http": []}], "handle": [{"handler": "subroute", "routes": [
      {"@id": "inner", "handle": [{"handler": "proxy", "upstreams": [
        {"@id": "one", "dial": ["127.0.0.1:9"]}, {"dial": ["127.0.0.1:19"]}]}]}]}]},
    {"@id": "echo", "handle": [{"handler": "echo"}]}]}}},
  "tls": {"automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
          "certificates": {"automate": ["localhost"], "load_files": [
            {"certificate": "$tmp/site.pem", "key": "$tmp/site.key"}]}}}}
JSON
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=site.example \
    -addext subjectAltName=DNS:site.example -days 2 -keyout "$tmp/site.key" -out "$tmp/site.pem" 2>/dev/null ||
    skip "openssl makes no certificate (Debian: openssl)"
daemon

managed() {
    ctl -j cert show localhost 2>/dev/null | grep -q '"state":"valid"'
}
wait_until 20 "the certificate of localhost" managed

# --- what only looks ------------------------------------------------------------------------------
for command in ping status version "listener ls" "server ls" "route ls" "upstream ls" "cert ls" \
    "conn ls" stats metrics "config show" "config export" "config history" "ca root" call; do
    # shellcheck disable=SC2086
    code 0 -j $command
done
code 0 -j schema
code 0 -j top --once --interval 100ms
code 0 -j listener show "127.0.0.1:$port"
code 0 -j server show main
code 0 -j route show web
code 0 -j route show inner
json 'out["handle"] is None and "hits" not in out'
code 0 -j upstream show inner one
code 0 -j cert show site.example
code 0 -j cert show localhost
code 0 -j route test --listener "127.0.0.1:$port" --sni localhost
json 'out["route"] == "tls" and out["items"][0]["matchers"]'
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >"$tmp/in"
code 0 -j route test --listener "127.0.0.1:$port" --bytes -
json 'out["upstreams"]'
code 0 -j call status

# --- connections and events -----------------------------------------------------------------------
exec 8<>"/dev/tcp/127.0.0.1/$port" 9<>"/dev/tcp/127.0.0.1/$port"
echo hello >&8 && read -r <&8
echo hello >&9 && read -r <&9
code 0 -j conn ls
json 'len(out["items"]) == 2'
id=$(value 'out["items"][0]["id"]')
code 0 -j conn show "$id"
code 0 -j conn kill -n --filter 'id>0'
code 0 -j conn kill "$id"
code 5 -j conn kill "$id" 99999
exec 8>&- 9>&-

# watched FILE COMMAND…: until it has said something
watched() {
    local file=$1 pid
    shift
    ctl -j "$@" >"$file" 2>/dev/null &
    pid=$!
    wait_until 20 "an event of $*" test -s "$file"
    kill "$pid"
    wait "$pid" 2>/dev/null
    cp "$file" "$tmp/out"
    : >"$tmp/err"
    keep_call 0 "$@"
}
watched "$tmp/monitor" monitor --since 0
watched "$tmp/watch" conn watch --since 0

ctl -j trace --count 1 >"$tmp/trace" 2>"$tmp/trace.err" &
tracing=$!
wait_until 20 "the trace" grep -q 'tracing' "$tmp/trace.err"
exec 8<>"/dev/tcp/127.0.0.1/$port"
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&8
cat <&8 >/dev/null
exec 8>&-
wait $tracing || fail "trace ended with $?"
cp "$tmp/trace" "$tmp/out"
grep -q '"step":"end"' "$tmp/out" || fail "the trace: $(cat "$tmp/out")"
keep_call 0 trace --count 1

# --- changes of the document ----------------------------------------------------------------------
change() { # COMMAND…: as a dry run, then for good
    code 0 -j "$@" -n
    code 0 -j "$@"
}
echo '{"@id": "new", "handle": [{"handler": "close"}]}' >"$tmp/new.json"
change route add --server main --first "$tmp/new.json"
change route replace new "$tmp/new.json" --existing drain=5s
change route set new 'match=[{"ssh": {}}]'
change route mv new --last
change route disable new
change route enable new
change route rm new
change upstream add inner 127.0.0.1:29 weight=2
change upstream set inner 127.0.0.1:29 weight=3
change upstream disable inner 127.0.0.1:29
change upstream enable inner 127.0.0.1:29
change upstream drain inner 127.0.0.1:29
change upstream rm inner 127.0.0.1:29
code 0 -j upstream health inner one down
code 0 -j upstream health inner one auto
code 0 -j upstream disable inner one
code 0 -j upstream enable inner one
change upstream swap inner 127.0.0.1:39
change server add more "listen=[\"127.0.0.1:$other\"]"
change listener pause "127.0.0.1:$other"
change listener resume "127.0.0.1:$other"
change server rm more
change listener add --server main "127.0.0.1:$other"
change listener rm "127.0.0.1:$other"

printf 'listener pause 127.0.0.1:%s\nlistener resume 127.0.0.1:%s\n' $port $port >"$tmp/script"
change batch "$tmp/script"

# --- echoes: of each object, of several, and of several kinds -------------------------------------
code 0 -j -e route disable web
json 'out["name"] == "web" and out["route"]["disabled"]'
code 0 -j -e route enable web inner
json '[i["name"] for i in out["items"]] == ["web", "inner"]'
code 0 -j -e route set "$(ctl -o name route add --in web <<<'{"handle": [{"handler": "close"}]}')" disabled=true
code 0 -j -e upstream add inner 127.0.0.1:49
code 0 -j -e upstream swap inner 127.0.0.1:39 127.0.0.1:49
code 0 -j -e server add more "listen=[\"127.0.0.1:$other\"]"
code 0 -j -e listener pause "127.0.0.1:$other"
code 0 -j -e cert set site.example "$tmp/site.pem" "$tmp/site.key"
printf 'listener resume 127.0.0.1:%s\nroute disable web\nupstream set inner 127.0.0.1:39 weight=2\n' "$other" >"$tmp/script"
code 0 -j -e batch "$tmp/script"
json 'len(out["items"]) == 3'
code 0 -j route enable web
code 0 -j server rm more

# --- the document as a whole ----------------------------------------------------------------------
code 1 -j config diff file
ctl config export >"$tmp/export.json" || fail "config export"
code 0 -j config check "$tmp/export.json"
code 0 -j config apply "$tmp/export.json" --confirm 60s
code 0 -j config confirm
code 0 -j config save -n
json 'out["changes"]'
code 0 -j config save
code 0 -j config rollback -n
code 0 -j config reload
json '"set_aside" in out'

# --- certificates ---------------------------------------------------------------------------------
code 0 -j cert renew localhost
code 0 -j cert set site.example "$tmp/site.pem" "$tmp/site.key"
code 0 -j acme challenge add http-01 token token.thumbprint
code 0 -j acme challenge del http-01 token

# --- the log --------------------------------------------------------------------------------------
code 0 -j log level access debug --for 1h
code 0 -j log ls

# --- refusals -------------------------------------------------------------------------------------
code 2 -j conn lss
code 5 -j route show none
code 7 -j call conn.ls limit=x
code 5 -j call conn.lss
json_error() { # EXPRESSION
    mv "$tmp/err" "$tmp/out"
    json "$1"
}
json_error 'out["hint"] == "conn.ls" and out["path"] == "method"'
code 7 call route.show --file "$tmp/site.pem"
grep -q 'site.pem:1:1: not JSON' "$tmp/err" || fail "$(cat "$tmp/err")"
printf '{"id": {"deep": 1}}' >"$tmp/in"
code 7 call route.show -f -
code 7 call conn.kill ids=1,x
code 7 call conn.kill ids=1 dry_run=yes
code 2 call conn.kill ids
code 2 -o name call ping

# --- call -----------------------------------------------------------------------------------------
printf '{"id": "web"}' >"$tmp/in"
code 0 call route.show -f -
json 'out["name"] == "web" and out["json"].startswith("{")'
code 0 call config.show
json '"apps" in json.loads(out["text"]) and out["bytes"] == len(out["text"].encode())'
code 0 call cert.ls expires_within=0
json 'out["items"] == [] and out["count"] == 0'
code 0 -o jsonl call route.ls
same 3 "$(wc -l <"$tmp/out")" "lines of route.ls"
code 5 call conn.kill ids=1,2,3 dry_run=true
code 0 -o name call
"$python" - "$tmp/out" "$top_srcdir/include/pointsman/control.h" <<'PY' || fail "the methods of call"
import re, sys
names = open(sys.argv[1]).read().split()
part = open(sys.argv[2]).read().split("---- methods ----")[1].split("---- events ----")[0]
assert sorted(names) == sorted(re.findall(r'^#define CONTROL_\w+ "([a-z._]+)"$', part, re.M)), names
PY

# --- schema ---------------------------------------------------------------------------------------
code 0 schema conn kill
json 'out["$schema"].endswith("2020-12/schema") and out["title"] == "conn kill"'
code 0 schema error
code 0 schema call
code 2 schema conn kil
code 5 schema help
code 0 -j -s "$tmp/nowhere" version

# --- the end --------------------------------------------------------------------------------------
code 0 -j daemon stop --drain 0
json 'out["drain"] == 0'

# Those that need a CA are driven by acme_dns.sh.
check_schemas --all "acme rekey" "cert revoke"
