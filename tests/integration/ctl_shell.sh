#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl shell without a terminal: commands line by line, transactions, faults and their lines,
# exit codes.
. "$(dirname "$0")/ctl_lib.sh"

config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$(free_port)"], "routes": [
  {"@id": "web", "match": [{"tls": {"sni": ["web.example"]}}],
   "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:1"]}]}]},
  {"@id": "rest", "handle": [{"handler": "close"}]}]}}}}}
JSON
daemon

# shell WANT [OPTION…]: of the lines on standard input
shell() {
    local want=$1
    shift
    cat >"$tmp/in"
    code "$want" "$@" shell
}

complains() {
    grep -qE -- "$1" "$tmp/err" || fail "'$(cat "$tmp/err")', not '$1'"
}

quiet() {
    [ -s "$tmp/err" ] && fail "something on standard error: $(cat "$tmp/err")"
    true
}

routes() {
    ctl -o name route ls | xargs
}

# --- commands -----------------------------------------------------------------------------------
shell 0 <<'LIST'
# as they stand on the command line
ping
route ls -o name
-j status
route mv rest \
    --first
route add --after web <<END
{"@id": "new one", "handle": [{"handler": "close"}]}
END
route test --listener :1 --bytes - -h <<END
END
route disable #1 "new one"
LIST
quiet
says '^pointsmand .* answers in'
same 'web rest' "$(sed -n '2,3p' "$tmp/out" | xargs)" "the routes"
says '^\{"rev":1,"version"'
says '^route rest moved$'
says '^usage: pointsctl \[OPTIONS\] route test$'
same 'rest web new one' "$(routes)" "the routes"
code 0 -j route show 'new one'
json 'out["disabled"]'

# Every line is answered before the next one is read.
coproc shell { ctl shell 2>&1; }
pid=$shell_PID # bash forgets it when the shell ends
for word in one two; do
    echo "status -o name" >&"${shell[1]}"
    read -r -t 20 answer <&"${shell[0]}" || fail "no answer to word $word"
    same "$(revision)" "$answer" "the answer"
done
exec {shell[1]}>&-
wait "$pid" || fail "the shell ends with $?"

# --- exit codes: that of the last command -------------------------------------------------------
shell 0 </dev/null
shell 0 < <(printf 'conn kill 9\nping') # no line feed
shell 5 < <(printf 'ping\nconn kill 9\n')
shell 5 < <(printf 'conn kill 9\n\n# nothing\n')
shell 5 < <(printf 'conn kill 9\nexit\nping\n')
shell 5 < <(printf 'conn kill 9\nquit\nping\n')
shell 2 < <(printf 'bye\n')
grep -q "no object 'bye', did you mean 'exit'?" "$tmp/err" || fail "what is said of bye: $(cat "$tmp/err")"
shell 2 <<<'ping x'
shell 2 <<<'comit'
complains "^pointsctl: standard input:1:1: no object 'comit', did you mean 'commit'"
shell 2 <<<"route rm 'web"
complains '^pointsctl: standard input:1:10: no second'
# Nobody knows what the lines behind it are.
shell 2 < <(printf 'ping\nping $x <<END\nroute rm web\nEND\nroute rm web\n')
complains "standard input:2:6: '.' does nothing here"
same 1 "$(wc -l <"$tmp/err")" "complaints"
shell 5 < <(printf '\n\n  route rm x <<END\nthis\nEND\n')
complains "^pointsctl: standard input:3:3: no route 'x'"
shell 7 < <(printf 'route add --server main <<END\n\n{,}\nEND\n')
complains '^pointsctl: standard input:3:2: '
shell 2 <<<'route add --server main'
complains 'standard input:1:1: name a file with the route, or give it in the lines that follow'
shell 2 <<<'shell'
complains 'standard input:1:1: this is a shell already'
shell 5 -j <<<'route rm x'
"$python" -c 'import json, sys; e = json.load(open(sys.argv[1])); sys.exit((e["code"], e["path"]) != ("not_found", "standard input:1:1"))' "$tmp/err" ||
    fail "an error with -j is one JSON object: $(cat "$tmp/err")"
shell 2 <<<'-j rout'
complains '^\{"code":"usage"'
refused 2 'usage: pointsctl shell' shell x
refused 2 '--save is not for shell' shell --save
code 0 shell --help
says 'Between begin and commit'

# --- help ---------------------------------------------------------------------------------------
shell 0 <<<help
says '^  route mv +move a route'
says '^  commit +make the changes'
shell 0 <<<'help route mv'
says '^usage: pointsctl \[OPTIONS\] route mv ID$'

# --- transactions -------------------------------------------------------------------------------
before=$(revision)
shell 0 <<'LIST'
begin
route mv web --first
route add --last <<END --server main
{"@id": "late", "handle": [{"handler": "close"}]}
END
route ls -o name
list
diff
commit --comment 'from a shell'
LIST
quiet
same 'rest web new one' "$(head -n 4 "$tmp/out" | sed 3q | xargs)" "the routes before it was committed"
says '^   3  \{"@id": "late"'
says '^route web would be moved$'
says '^route late added$'
same 'web rest new one late' "$(routes)" "the routes"
same $((before + 1)) "$(revision)" "the revision: it was one change"
code 0 config history
says 'from a shell'

before=$(revision)
shell 0 <<<$'begin\nroute rm late\nabort\nping'
shell 1 <<<$'begin\nroute rm late'
complains 'the transaction was not committed'
shell 5 <<<$'begin\nroute rm late\nroute rm nosuch\ncommit'
complains "^pointsctl: standard input:3:1: no route 'nosuch'"
shell 2 <<<$'begin\nroute rm late\nupstream drain web 127.0.0.1:1 --wait\ncommit'
complains '^pointsctl: standard input:3:1: there is no --wait in a transaction'
complains 'standard input:4:1: nothing was changed: a command of the transaction was refused'
shell 2 <<<$'begin\nroute rm late\nrout rm x\ncommit'
complains 'nothing was changed'
shell 2 <<<$'begin\nroute rm late --save\ncommit'
complains '--save is said once for the whole transaction'
shell 2 <<<$'begin\nbegin'
complains 'has begun already'
for word in commit abort list diff; do
    shell 2 <<<$word
    complains 'standard input:1:1: there is no transaction; see begin'
done
shell 2 <<<$'begin\ncommit'
complains 'the transaction has no commands'
shell 2 <<<$'begin\nroute rm late\ncommit x'
complains 'commit takes options, but no arguments'
shell 2 <<<$'begin\nroute rm late\ncommit --existing kill'
complains '--existing is not for commit'
shell 6 <<<$'begin\nroute rm late\ncommit --if-rev 1'
same "$before" "$(revision)" "the revision after refusals"
shell 0 <<<$'begin\nroute rm late\ncommit -n'
same "$before" "$(revision)" "the revision after a dry run"
# What happens outside of it happens at once.
shell 0 <<<$'begin\nconfig save\nroute rm late\ncommit'
says '^[0-9]+ changes saved$'

# --- limits, and what is not there ---------------------------------------------------------------
{ printf "ping '" && yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | head -n 3000; } >"$tmp/in"
code 10 shell
complains 'a command of more than 65536 bytes'
{ echo 'route add <<END' && yes "$(printf '%01000d' 0)" | head -n 8500; } >"$tmp/in"
code 10 shell
complains 'a command of more than 8388608 bytes'
head -c 2000000 /dev/zero | tr '\0' x >"$tmp/in"
code 10 shell
complains 'a line of more than 1 MiB'
{ echo 'route add --last --server main <<END' && yes "$(printf '%01000d' 0)" | head -n 5000 && echo END; } >"$tmp/in"
code 7 shell # long, and read in no time
[ -e "$XDG_STATE_HOME/pointsman/history" ] && fail "what nobody typed is in the history"

# A daemon that is started again is spoken to again.
coproc shell { ctl shell 2>&1; }
pid=$shell_PID # bash forgets it when the shell ends
ask() { # PATTERN
    local answer
    echo 'status -o name' >&"${shell[1]}"
    read -r -t 20 answer <&"${shell[0]}" || fail "no answer"
    grep -qE "$1" <<<"$answer" || fail "'$answer', not '$1'"
}
ask '^[0-9]+$'
stop pointsmand QUIT
ask 'no daemon answers'
daemon
ask '^[0-9]+$'
exec {shell[1]}>&-
wait "$pid"
