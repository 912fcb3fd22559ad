#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl route: every verb, what it refuses, exit codes, JSON shapes, what becomes of traffic.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port) A=$(free_port) B=$(free_port)
export LISTEN A B
proxy_to() {
    printf '{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:%s"]}]}' "$1"
}
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
  {"@id": "web", "match": [{"tls": {"sni": ["web.example"]}}], "handle": [$(proxy_to "$A")]},
  {"@id": "inner", "match": [{"ssh": {}}], "handle": [{"handler": "subroute", "routes": [
    {"@id": "deep", "match": [{"remote_ip": {"ranges": ["10.0.0.0/8"]}}], "handle": [{"handler": "close"}]}
  ]}]},
  {"handle": [$(proxy_to "$A")]}
]}}}}}
JSON
daemon

routes() { # the names in order
    ctl -o name route ls | tr '\n' ' '
}

# --- ls and show --------------------------------------------------------------------------------
code 0 -j route ls
shape '{rev:int items:[{name:text handle:text id:text server:text wrapper:nil label:text handlers:text disabled:bool hits:int active:int index:int}|{name:text handle:text id:nil server:text wrapper:nil label:text handlers:text disabled:bool hits:int active:int index:int}]}'
json '[i["name"] for i in out["items"]] == ["web", "inner", out["items"][2]["handle"]]'
json 'out["items"][0]["label"] == "tls" and out["items"][1]["handlers"] == "subroute"'
json '[i["index"] for i in out["items"]] == [0, 1, 2]'
last=$(value 'out["items"][2]["handle"]')
web=$(value 'out["items"][0]["handle"]')
code 0 route ls
says '^HANDLE +ID +SERVER +WRAPPER +MATCH +HANDLERS +DISABLED +HITS +ACTIVE$'
at80 route ls
code 0 -o jsonl route ls
same 3 "$(wc -l <"$tmp/out")" "lines of route ls -o jsonl"
code 0 -o wide route ls
same "web inner $last " "$(routes)" "route ls -o name"

code 0 -j route show web
shape '{rev:int name:text handle:text id:text server:text wrapper:nil label:text handlers:text disabled:bool hits:int active:int route:{@id:text match:[{tls:{sni:[text]}}] handle:[{handler:text upstreams:[{dial:[text]}]}]}}'
code 0 -j route show "$web"
json 'out["name"] == "web"'
code 0 -j route show deep
json 'out["handle"] is None and "hits" not in out and out["route"]["@id"] == "deep"'
code 0 route show web
says '^id +web'
at80 route show web
refused 5 "no route 'nowhere'" route show nowhere
refused 5 "no route '#999'" route show '#999'
refused 5 "no route '#'" route show '#'
refused 2 'usage' route show

# --- add ----------------------------------------------------------------------------------------
echo '{"match":[{"tls":{"sni":["b.example"]}}],"handle":[{"handler":"echo"}]}' >"$tmp/b.json"
code 0 -n route add --server main --before web "$tmp/b.json"
says '^route would be added'
says 'routes\[0\]: added'
at80 -n route add --server main --first "$tmp/b.json"
code 0 -jn route add --server main --before web "$tmp/b.json"
shape '{rev:int revision:int connections:[int] names:[nil] existing:{keep:int drain:int kill:int} change_count:int changes:[{path:text change:text after:text}]}'
same "web inner $last " "$(routes)" "routes after a dry run"
code 0 -j route add --server main --before web "$tmp/b.json"
shape '{rev:int revision:int connections:[int] names:[text]}'
b=$(value 'out["names"][0]')
same "$b web inner $last " "$(routes)" "route add --before"
code 0 -o name route add --server main --after web -f "$tmp/b.json"
c=$(cat "$tmp/out")
same "$b web $c inner $last " "$(routes)" "route add --after"
[ "$b" != "$c" ] || fail "two routes with the handle $b"
cp "$tmp/b.json" "$tmp/in"
code 0 -o name route add --server main --first
d=$(cat "$tmp/out")
cp "$tmp/b.json" "$tmp/in"
code 0 -o name route add --server main --last -f -
e=$(cat "$tmp/out")
same "$d $b web $c inner $last $e " "$(routes)" "route add --first, --last"
echo '{"@id":"deeper","handle":[{"handler":"close"}]}' >"$tmp/in"
code 0 route add --in inner --before deep
says '^route deeper added$'
code 0 -j route show inner
json '[r["@id"] for r in out["route"]["handle"][0]["routes"]] == ["deeper", "deep"]'

# What only the loader finds in a Caddyfile's block has its line there, too.
cat >"$tmp/far.caddy" <<'CADDYFILE'
@far tls sni far
route @far {
    proxy {
        upstream 127.0.0.1:99999
    }
}
CADDYFILE
far="4: dial\[0\]: port '99999'"
refused 7 "^pointsctl: $tmp/far.caddy:$far" route add --server main "$tmp/far.caddy"
cp "$tmp/far.caddy" "$tmp/in"
refused 7 "^pointsctl: standard input:$far" route add --server main
cp "$tmp/far.caddy" "$tmp/in"
refused 7 "^pointsctl: standard input:$far" route replace web -
code 7 -j call txn.apply "operations=$("$python" -c 'import json, sys
print(json.dumps([{"op": "route.add", "server": "main", "route": open(sys.argv[1]).read()}]))' "$tmp/far.caddy")"
grep -q '"path":"operations\[0\].Caddyfile:4: dial\[0\]"' "$tmp/err" || fail "the path: $(cat "$tmp/err")"

refused 5 "no server 'mian', did you mean 'main'" route add --server mian "$tmp/b.json"
refused 5 "no route 'nobody'" route add --before nobody "$tmp/b.json"
refused 7 'name the server' route add "$tmp/b.json"
refused 2 'only one of --first' route add --server main --first --last "$tmp/b.json"
refused 2 'takes a path' -s '' route ls
refused 7 "not in the subroute of 'inner'" route add --in inner --before web "$tmp/b.json"
refused 7 "has no subroute" route add --in web "$tmp/b.json"
refused 5 "no server 'other'" route add --server other --before web "$tmp/b.json"
refused 2 'cannot open' route add --server main "$tmp/none.json"
refused 2 'once' route add --server main -f "$tmp/b.json" "$tmp/b.json"
refused 2 '--existing is not for route add' route add --existing kill --server main "$tmp/b.json"
echo '{"@id":"web"}' >"$tmp/in"
refused 6 "'web' is there already" route add --server main
echo '{"@id":"#7"}' >"$tmp/in"
refused 7 'handles' route add --server main
printf '{"match":[],\n  "handle":[{"handler":"echo"},]}' >"$tmp/bad.json"
refused 7 "^pointsctl: $tmp/bad.json:2:[0-9]+: not JSON" route add --server main "$tmp/bad.json"
echo '{"match":[{"tls":{"snii":["x"]}}]}' >"$tmp/in"
refused 7 "routes\[7\].match\[0\].tls: unknown field 'snii', did you mean 'sni'" route add --server main
echo '[]' >"$tmp/in"
refused 7 'must be a JSON object' route add --server main
printf '{"@id":"\377"}' >"$tmp/in"
refused 7 'standard input is not a text in UTF-8' route add --server main
printf '{"@id":"\0"}' >"$tmp/in"
refused 7 'standard input is not a text in UTF-8' route add --server main
refused 7 'there is no route' route add --server main /dev/null
head -c 9000000 /dev/zero | tr '\0' ' ' >"$tmp/in"
refused 10 'larger than 8 MiB' route add --server main
# No deeper than any document may be, however often something is added inside.
"$python" - >"$tmp/in" <<'PY'
route = {"@id": "bottom", "handle": [{"handler": "subroute", "routes": []}]}
for i in range(14):
    route = {"handle": [{"handler": "subroute", "routes": [route]}]}
import json
print(json.dumps(route))
PY
refused 10 'nested more than 64' route add --in inner
"$python" -c 'print("[" * 70 + "]" * 70)' >"$tmp/deep"
refused 10 'nested more than 64' route set web "handle=$(cat "$tmp/deep")"

# --- add, as a Caddyfile's block ----------------------------------------------------------------
cat >"$tmp/in" <<'CADDY'
# the names first
@names tls sni x.example *.y.example
route @names {
    id caddy
    proxy 127.0.0.1:1 127.0.0.1:2 {
        lb_policy first
    }
}
CADDY
code 0 route add --server main --first
code 0 -j route show caddy
json 'out["route"] == {"@id": "caddy", "match": [{"tls": {"sni": ["x.example", "*.y.example"]}}],
    "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:1"]}, {"dial": ["127.0.0.1:2"]}],
    "load_balancing": {"selection": {"policy": "first"}}}]}'
code 0 route rm caddy
bad_block() { # CODE PATTERN TEXT
    printf "$3" >"$tmp/block"
    refused "$1" "^pointsctl: $tmp/block:$2" route add --server main "$tmp/block"
}
bad_block 7 "2: no matcher is called '@y'" '@x tls sni a\nroute @y {\n  echo\n}\n'
bad_block 7 "2: .*'ehco', did you mean 'echo'" 'route {\n  ehco\n}\n'
bad_block 7 "3: a second route" 'route {\n}\nroute {\n}\n'
bad_block 7 "1: 'matching_timeout' stands for no route" 'matching_timeout 3s\nroute {\n}\n'
bad_block 7 "2: no snippet '/etc/passwd', and files cannot be imported" '@x tls\nimport /etc/passwd\n'
bad_block 7 "2: no snippet '/etc/passwd'" 'route {\nimport /etc/passwd\n}\n'
bad_block 7 "3: '}' closes nothing" 'route {\n}\n}\n'
bad_block 7 "1: the block of 'route' is never closed" 'route {\n'
bad_block 7 "1: a line must end" 'route { echo }\n'
echo '@x tls sni a' >"$tmp/in"
refused 7 'there is no route' route add --server main
# The environment stays the daemon's own.
printf 'route {\n  respond "{$HOME}"\n}\n' >"$tmp/in"
code 0 -o name route add --server main --first
id=$(cat "$tmp/out")
code 0 -j route show "$id"
json '"{$HOME}" in str(out["route"])'
code 0 route rm "$id"

# --- set, replace -------------------------------------------------------------------------------
code 0 route set "$b" @id=b match='[{"tls":{"sni":["bb.example"]}}]'
says '^route .* changed$'
code 0 -j route show b
json "out['handle'] == '$b' and out['route']['match'][0]['tls']['sni'] == ['bb.example']"
code 0 route set b @id=null
code 0 -j route show "$b"
json 'out["id"] is None'
refused 6 "'web' is there already" route set "$b" @id=web
refused 7 "unknown field 'mtach', did you mean 'match'" route set "$b" 'mtach=[]'
refused 7 'handle' route set "$b" handle=close
refused 2 'key=value' route set "$b" handle
refused 2 'usage' route set "$b"
refused 5 "no route" route set nowhere handle=1
code 0 route replace web "$tmp/b.json"
code 0 -j route show web
json "out['handle'] == '$web' and out['route']['@id'] == 'web' and out['handlers'] == 'echo'"
printf 'route {\n  id www\n  close\n}\n' >"$tmp/in"
code 0 route replace web -f -
code 0 -j route show www
json "out['handle'] == '$web'"
echo '{"@id":"inner"}' >"$tmp/in"
refused 6 "'inner' is there already" route replace www
echo '{"handle":[{"handler":"prxy"}]}' >"$tmp/in"
refused 7 "handle\[0\].handler: unknown handler 'prxy', did you mean 'proxy'" route replace www
code 0 route set www @id=web

# --- mv, enable, disable ------------------------------------------------------------------------
same "$d $b web $c inner $last $e " "$(routes)" "before moving"
code 0 route mv web --first
same "web $d $b $c inner $last $e " "$(routes)" "route mv --first"
code 0 route mv web --after inner
same "$d $b $c inner web $last $e " "$(routes)" "route mv --after"
code 0 route mv "$e" --before "$b"
same "$d $e $b $c inner web $last " "$(routes)" "route mv --before"
code 0 route mv web --last
same "$d $e $b $c inner $last web " "$(routes)" "route mv --last"
code 0 route mv web --before web
same "$d $e $b $c inner $last web " "$(routes)" "a route before itself"
refused 7 'not in the same list' route mv web --before deep
refused 5 "no route 'x'" route mv web --before x
refused 5 "no route 'x'" route mv x --first
refused 2 'where to' route mv web
code 0 route disable web "$b"
says '^route web disabled$'
code 0 -j route ls
json "{i['name'] for i in out['items'] if i['disabled']} == {'web', '$b'}"
code 0 route enable web "$b"
code 0 -j config show
json '"disabled" not in str(out)'
refused 5 "operations\[1\]: no route 'x'" route disable web x
refused 2 '--existing is not for' route enable --existing kill web
refused 2 "no verb 'enabel', did you mean 'enable'" route enabel web

# --- rm, and all or nothing ---------------------------------------------------------------------
refused 5 "operations\[2\]: no route '#999'" route rm "$b" "$c" '#999'
code 0 --comment 'spring cleaning' route rm "$b" "$c" "$d" "$e"
same "inner $last web " "$(routes)" "route rm"
code 0 route rm deeper
code 0 -j config history
json 'out["items"][1]["comment"] == "spring cleaning"'
refused 6 'is at revision' route rm web --if-rev 1
code 0 route rm web --if-rev "$(revision)"
refused 2 'takes a number' route rm inner --if-rev x
refused 2 "--existing takes keep" route rm inner --existing maim
refused 2 "--existing drain=T takes a duration" route rm inner --existing drain=soon
same "inner $last " "$(routes)" "what is left"

# --- connections --------------------------------------------------------------------------------
cat >"$tmp/in_force.json" <<JSON
{"@id": "live", "handle": [$(proxy_to "$A")]}
JSON
code 0 route add --server main --first "$tmp/in_force.json"
cat >"$tmp/hold.py" <<'PY'
# Holds connections: "+" opens one, "later" one that "wait", for the end of all others, leaves
# alone; "alive" sends through all.
from peers import *
import select, sys
backend = Backend(port("A"))
open_ones, later = [], []
for line in iter(sys.stdin.readline, ""):
    word = line.strip()
    if word in ("+", "later"):
        client = connect(port("LISTEN"))
        client.sendall(b"x")
        server = backend.accept()
        expect(server, b"x")
        (open_ones if word == "+" else later).append((client, server))
        print("open", len(open_ones) + len(later), flush=True)
    elif word == "wait":
        within(30, "the end of all", lambda: all(select.select([c], [], [], 0)[0] for c, _ in open_ones))
        for client, server in open_ones:
            expect_closed(client)
        print("ended", len(open_ones), flush=True)
        open_ones, later = later, []
    elif word == "alive":
        for client, server in open_ones:
            client.sendall(b"y")
            expect(server, b"y")
        print("alive", len(open_ones), flush=True)
PY
mkfifo "$tmp/orders"
"$python" "$tmp/hold.py" <"$tmp/orders" >"$tmp/hold.log" 2>&1 &
pids[hold]=$!
exec 7>"$tmp/orders"
order() { # WORD LOGGED
    : >"$tmp/hold.log"
    echo "$1" >&7
    wait_log hold "$2"
}
order + 'open 1'
order + 'open 2'
code 0 -j route show live
json 'out["hits"] == 2 and out["active"] == 2'
code 0 -n route rm live
says 'keep 0, drain 2, kill 2'
code 0 -jn route rm live
json 'out["connections"] == [2] and out["existing"] == {"keep": 0, "drain": 2, "kill": 2}'
# Kept: they go on, and are still the route's when it has become another object meanwhile.
code 0 route set live 'match=[{"local_ip":{"ranges":["127.0.0.0/8"]}}]'
says 'route live changed, 2 connections kept'
order alive 'alive 2'
order + 'open 3'
code 0 -jn route rm live
json 'out["connections"] == [3]'
# A change that concerns others touches none of them.
echo '{"@id":"bystander","match":[{"ssh":{}}],"handle":[{"handler":"close"}]}' >"$tmp/in"
code 0 route add --server main
code 0 route rm bystander --existing kill
order alive 'alive 3'
# Drained: they end after their time; the new form's connections do not.
code 0 route set live match=null --existing drain=3s
says '3 connections may go on for 3s'
order alive 'alive 3'
order later 'open 4'
order wait 'ended 3'
wait_log pointsmand 'drained'
order alive 'alive 1'
code 0 route disable live --existing keep
order alive 'alive 1'
code 0 route enable live
order + 'open 2'
code 0 route rm live --existing kill
says 'route live removed, 2 connections ended'
order wait 'ended 2'
wait_log pointsmand 'killed'
wait_until 30 'the end of all connections' no_connections
exec 7>&-

# --- limits of the command line -----------------------------------------------------------------
refused 10 'at most 10000 operations at a time' route rm $(seq 10001)
refused 2 "no option --frist, did you mean '--first'" route mv inner --frist
code 2 -j route mv inner
"$python" -c 'import json, sys; e = json.load(open(sys.argv[1])); sys.exit(e["code"] != "usage")' "$tmp/err" ||
    fail "an error with -j is one JSON object"
