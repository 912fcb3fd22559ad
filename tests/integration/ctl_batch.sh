#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl batch: what it can do, what it refuses and where it says that is, exit codes, and that
# it is all or nothing.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port) ALT=$(free_port) MORE=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
  {"@id": "web", "match": [{"tls": {"sni": ["web.example"]}}],
   "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:1"]}, {"dial": ["127.0.0.1:2"]}]}]},
  {"@id": "rest", "handle": [{"handler": "close"}]}]}}}}}
JSON
daemon

# batch WANT [OPTION…]: of the lines on standard input
batch() {
    local want=$1
    shift
    cat >"$tmp/list"
    code "$want" batch "$tmp/list" "$@"
}

# wrong CODE PLACE PATTERN: of the lines on standard input; nothing has changed
wrong() {
    local before
    before=$(revision)
    batch "$1"
    complains "$2" "$3"
    [ -s "$tmp/out" ] && fail "a refused batch has something on standard output"
    same "$before" "$(revision)" "the revision after a refusal"
}

# complains PLACE PATTERN: in one of its lines
complains() {
    grep -qE -- "^pointsctl: $tmp/list:$1: .*$2" "$tmp/err" || fail "'$(cat "$tmp/err")', not '$1: $2'"
}

routes() {
    ctl -o name route ls | xargs
}

# --- every command that can be part of one ------------------------------------------------------
cat >"$tmp/route.json" <<'JSON'
{"@id": "from file", "match": [{"ssh": {}}], "handle": [{"handler": "close"}]}
JSON
batch 0 -n <<LIST
# nothing is changed
route mv rest --first
upstream rm web 127.0.0.1:2
LIST
says '^route rest would be moved$'
says '^upstream 127.0.0.1:2 would be removed$'
says 'upstreams\[1\]: removed'
says 'connections that --existing would touch'
same "1 web rest" "$(revision) $(routes)" "after a dry run"

batch 0 --comment 'many at once' <<LIST
server add alt 'listen=["127.0.0.1:$ALT"]'    # another server
server add gone 'listen=[]'
server rm gone
listener add --server alt 127.0.0.1:$MORE
listener pause 127.0.0.1:$LISTEN
listener resume 127.0.0.1:$LISTEN
listener rm 127.0.0.1:$ALT --existing kill
route add --server alt <<END
@a tls sni a.example
route @a {
    id caddy
    close
}
END
route add --before rest $tmp/route.json
route mv rest --first
route set 'from file' handle='[{"handler": "echo"}]' \\
    '@id=two words'
route disable "two words"
route enable two\\ words
route replace rest <<'the end'
{"@id": "rest", "handle": [{"handler": "echo"}]}
the end
upstream add web 127.0.0.1:3 weight=2
upstream set web 127.0.0.1:3 weight=3
upstream disable web 127.0.0.1:2
upstream enable web 127.0.0.1:2
upstream drain web 127.0.0.1:1 --existing drain=5s
upstream rm web 127.0.0.1:2
LIST
says '^server alt added$'
says '^route caddy added$'
says '^route two words added$'
says '^upstream 127.0.0.1:1 draining$'
says '^revision 2$'
same "rest web two words caddy" "$(routes)" "the routes"
same "127.0.0.1:$LISTEN 127.0.0.1:$MORE" "$(ctl -o name listener ls | sort | xargs)" "the listeners"
code 0 -j upstream ls
json '[(u["name"], u["weight"], u["admin"]) for u in out["items"]] ==
    [("127.0.0.1:1", 1, "disabled"), ("127.0.0.1:3", 3, "enabled")]'
code 0 config history
says '2 .*many at once'

batch 0 -o name <<'LIST'
upstream rm web 127.0.0.1:1
upstream swap web 127.0.0.1:5 127.0.0.1:6
route add --server main <<END
{"handle": [{"handler": "close"}]}
END
route enable #1 # a handle
LIST
same "web 127.0.0.1:1 web 127.0.0.1:5 web 127.0.0.1:6 #5 web" "$(xargs <"$tmp/out")" "batch -o name"
echo 'route rm caddy #5' | batch 0 -j
shape '{rev:int revision:int connections:[int] names:[nil]}'

# --- where the commands come from ---------------------------------------------------------------
echo 'route mv web --first' >"$tmp/in"
code 0 batch
same "web rest two words" "$(routes)" "the routes"
echo 'route mv web --last' >"$tmp/in"
code 0 batch -f -
echo 'route mv web --first' >"$tmp/list"
code 0 batch -f "$tmp/list"
printf 'route mv web --last' >"$tmp/in" # no line feed
code 0 batch -
refused 2 'once' batch -f x y
refused 2 'cannot open nosuch: No such file' batch nosuch
refused 2 'standard input has no commands' batch
refused 2 "usage: pointsctl batch \[FILE\]" batch a b

# --- mistakes, all of them at once, each with its place -----------------------------------------
batch 2 <<'LIST'
rout rm web
  route remov web
route rm web --exsiting kill
route rm web --existing never
route rm
route mv web
upstream set web 127.0.0.1:5 weight=1 \
    max_connections
listener add :1
route add --server main nosuch.json
route add --server main
route rm web -j
route rm web --save
upstream drain web 127.0.0.1:5 --wait
conn kill 1
config rollback
batch
route mv web --first
route rm "web
LIST
complains 1:1 "no object 'rout', did you mean 'route'"
complains 2:9 "no verb 'remov', did you mean 'rm'|no verb 'remov'"
complains 3:14 "no option --exsiting, did you mean '--existing'"
complains 4:25 "--existing takes keep, drain, drain=T or kill, not 'never'"
complains 5:1 'usage: pointsctl route rm ID...'
complains 6:1 'say where to'
complains 8:5 "'max_connections' is not of the form key=value"
complains 9:1 'say with --server'
complains 10:25 'cannot open nosuch.json'
complains 11:1 'in the lines that follow: <<END'
complains 12:1 '--json is said once for the whole transaction'
complains 13:1 '--save is said once'
complains 14:1 'no --wait in a transaction'
complains 15:1 'conn kill cannot be part of a transaction'
complains 16:1 'config rollback cannot be part'
complains 17:1 'batch cannot be part'
complains 19:10 'no second " ends what begins here'
same 17 "$(wc -l <"$tmp/err")" "mistakes that were told"
code 2 -j batch "$tmp/list"
"$python" - "$tmp/err" "$tmp/list" <<'PY' || fail "not one JSON object for each: $(cat "$tmp/err")"
import json, sys
faults = [json.loads(line) for line in open(sys.argv[1])]
assert len(faults) == 17 and {f["code"] for f in faults} == {"usage"}
assert faults[0]["path"] == sys.argv[2] + ":1:1" and faults[0]["hint"] == "route"
PY
seq 1 30 | batch 2
says_err() { grep -qE -- "$1" "$tmp/err" || fail "'$(cat "$tmp/err")', not '$1'"; }
same 21 "$(wc -l <"$tmp/err")" "mistakes that were told of 30"
says_err '^pointsctl: and 10 more$'

# --- what the daemon finds wrong has its line, too ----------------------------------------------
wrong 5 3:3 "no route 'nosuch'" <<'LIST'
# a comment
route mv web --first
  route mv nosuch --first
LIST
wrong 7 4:36 'not JSON' <<'LIST'
route mv web --first
route add --server main <<END
{"@id": "new",
   "handle": [{"handler": "close"},]}
END
LIST
wrong 7 3 "unrecognized|unknown|no matcher" <<'LIST'
route mv web --first
route add --server main <<END
@new nonsense
route @new {
    close
}
END
LIST
wrong 7 5 "dial\[0\]: port '99999'" <<'LIST'
route mv web --first
route add --server main <<END
route {
    proxy 127.0.0.1:80
    proxy 127.0.0.1:99999
}
END
LIST
wrong 7 2:1 "apps.layer4.servers.main.routes\[.\].handle\[0\].handler: unknown handler 'ech'" <<'LIST'
# alone
route add --server main <<END
{"handle": [{"handler": "ech"}]}
END
LIST
echo '{' >"$tmp/bad.json"
wrong 7 "2:1: $tmp/bad.json:2:1" 'ends too early' <<LIST
route mv web --first
route replace web $tmp/bad.json
LIST
wrong 7 3:1 'must be a JSON object' <<'LIST'
  route mv web --first
  server add new -f - <<END
[]
END
LIST
wrong 7 1:10 'id is not a text in UTF-8' < <(printf 'route rm \377\n')
wrong 2 2:7 "'\\$' does nothing here" <<'LIST'
route mv web --first
route $x
LIST
echo 'route mv nosuch --first' | batch 5 -j
json_err() { "$python" -c 'import json, sys; sys.exit(not eval(sys.argv[2], {"e": json.load(open(sys.argv[1]))}))' "$tmp/err" "$1" || fail "not so: $1, in $(cat "$tmp/err")"; }
json_err "e['code'] == 'not_found' and e['exit'] == 5 and e['path'].endswith('list:1:1')"
# A change that is wrong only as a whole names the place in the document.
echo 'route set web handle=[]' | batch 0 -n
echo 'route set web handl=[]' | batch 7
says_err "handl.*did you mean 'handle'"

# --- all or nothing, and what makes it safe -----------------------------------------------------
before="$(revision) $(routes)"
batch 5 <<'LIST'
route rm rest
upstream rm web 127.0.0.1:5
route rm web
route rm web
LIST
complains 4:1 "no route 'web'"
same "$before" "$(revision) $(routes)" "after a batch whose last command failed"
echo 'route mv web --first' | batch 6 --if-rev 1
echo 'route mv web --first' | batch 0 --txn-id once
first=$(revision)
echo 'route mv web --first' | batch 0 --txn-id once
same "$first" "$(revision)" "the revision after the same batch with the same id"
echo 'route mv web --last' | batch 6 --txn-id once
echo 'route rm rest' | batch 0 --confirm 60s
says_err 'taken back in 1m0s, unless: pointsctl config confirm'
echo 'route rm web' | batch 10
code 0 config rollback
same "web rest two words" "$(routes)" "the routes after a rollback"
code 0 config save
echo 'route mv web --last' | batch 0 --save
code 0 config diff saved

# --- many, and large ----------------------------------------------------------------------------
{
    for i in $(seq 500); do
        printf 'route add --server main --before rest <<END\n{"@id": "n%d", "match": [{"tls": {"sni": ["%01900d"]}}],' "$i" "$i"
        printf ' "handle": [{"handler": "close"}]}\nEND\n'
    done
    for i in $(seq 500); do echo "route mv n$i --first"; done
} >"$tmp/many"
code 0 batch "$tmp/many"
same 1000 "$(grep -c '^route n[0-9]* ' "$tmp/out")" "lines of a batch of 1000 commands"
same "n500 n499 n498" "$(routes | cut -d' ' -f 1-3)" "the first routes"
seq -f 'route rm n%g' 500 | batch 0
same "rest two words web" "$(routes)" "the routes after all were removed"
yes 'route mv web --first' | head -n 10010 >"$tmp/list"
refused 10 "list:10001:1: at most 10000 operations" batch "$tmp/list"
same 1 "$(wc -l <"$tmp/err")" "complaints about a limit"
head -c 9000000 /dev/zero | tr '\0' '#' >"$tmp/list"
refused 10 'list is larger than 8 MiB' batch "$tmp/list"
{
    printf 'route rm '
    head -c 1100000 /dev/zero | tr '\0' x
} >"$tmp/list"
refused 10 'list:1:1: a command of more than 1048576 bytes' batch "$tmp/list"
{ printf 'route rm'; printf ' x%.0s' $(seq 8200); } >"$tmp/list"
refused 10 'more than 8192 words' batch "$tmp/list"
head -c 5000000 /dev/zero | tr '\0' ' ' >"$tmp/blanks"
printf 'route add --server main %s\n' "$tmp/blanks" "$tmp/blanks" >"$tmp/list"
refused 10 'list:2:.*more than 8 MiB in one transaction' batch "$tmp/list"

# --- colours: on a terminal that can have them, unless somebody does not want them ----------------
colours() { # TERM NO_COLOR COMMAND…: yes or no
    "$python" - "$@" <<'PY'
import os, pty, subprocess, sys
main, side = pty.openpty()
env = dict(os.environ, TERM=sys.argv[1], NO_COLOR=sys.argv[2])
child = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=side, env=env)
os.close(side)
out = b""
try:
    while more := os.read(main, 65536):
        out += more
except OSError:  # the other side has gone
    pass
assert child.wait(20) == 0 and b"moved" in out
print("yes" if b"\033[3" in out else "no")
PY
}
echo 'route mv web --first' >"$tmp/list"
try=("$pointsctl" -s "$sock" batch -n "$tmp/list")
same 'yes no no' "$(colours xterm '' "${try[@]}") $(colours xterm 1 "${try[@]}") $(colours dumb '' "${try[@]}")" colours
code 0 batch -n "$tmp/list"
grep -q $'\033' "$tmp/out" && fail "colours without a terminal"

# --- what only the whole document shows -----------------------------------------------------------
wrong 7 2:1 'apps.layer4.servers.main.routes\[[0-9]\].handle\[0\]: unknown field .foo.' <<LIST
route mv rest --first
route add --server main <<END
{"@id": "bad", "handle": [{"handler": "close", "foo": 1}]}
END
route disable web
LIST
wrong 7 4:1 "did you mean 'close'" <<LIST
route add --server main <<END
{"@id": "x", "handle": [{"handler": "close"}]}
END
route set x 'handle=[{"handler": "clse"}]'
LIST

stop pointsmand QUIT
echo 'route rm web' | batch 3
