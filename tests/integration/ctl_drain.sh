#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl upstream enable, disable, drain and health, and route test.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) A=$(free_port) B=$(free_port)
export LISTEN A B TMP=$tmp
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "ssh", "match": [{"ssh": {}, "remote_ip": {"ranges": ["10.0.0.0/8"]}}, {"tls": {"sni": ["a"]}}],
        "handle": [{"handler": "close"}]},
    {"@id": "web", "handle": [{"handler": "proxy", "load_balancing": {"selection": {"policy": "first"}},
        "upstreams": [{"@id": "a", "dial": ["127.0.0.1:$A"]}, {"dial": ["127.0.0.1:$B"]}]}]}]}}}}}
JSON
daemon

# says TEXT COMMAND…: it succeeds and prints exactly that.
says() {
    local want=$1 got
    shift
    got=$(ctl "$@" 2>"$tmp/err" </dev/null) || fail "pointsctl $*: $(cat "$tmp/err")"
    same "$want" "$got" "pointsctl $*"
}

# refused STATUS TEXT COMMAND…
refused() {
    local want=$1 text=$2 got=0
    shift 2
    ctl "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
    same "$want" $got "exit status of pointsctl $*"
    grep -qF -- "$text" "$tmp/err" || fail "pointsctl $* does not say: $text"
    [ ! -s "$tmp/out" ] || fail "pointsctl $*: something on stdout"
}

"$python" - <<'PY' &
from peers import *
a, b = Backend(port("A")), Backend(port("B"))
clients, servers = [], []
for _ in range(2):
    clients.append(connect(port("LISTEN")))
    clients[-1].sendall(b"hello")
    servers.append(a.accept())
tmp = os.environ["TMP"]
open(f"{tmp}/ready", "w").close()
within(20, "the word to go", lambda: os.path.exists(f"{tmp}/go"))
clients[0].close()
servers[0].close()
within(20, "the word to end", lambda: os.path.exists(f"{tmp}/end"))
expect_closed(clients[1])
PY
pids[clients]=$!
wait_until 30 "two connections" test -e "$tmp/ready"

says "upstream a draining, 2 connections kept
revision 2" upstream drain web a --existing keep
start drain "$pointsctl" -s "$sock" upstream drain web a --existing keep --wait
wait_log drain '^2 left, oldest [0-9.]+m?s$' # for as long as they want
start until "$pointsctl" -s "$sock" -o jsonl upstream drain web a --existing drain=1h --wait
wait_log until '^2 left, oldest [0-9.]+m?s, ended in (1h|59m[0-9]*s?)$'
# The answer is there while it waits, one line of JSON; the rest is no part of it.
grep '^{' "$tmp/until.log" | "$python" -c '
import json, sys
answers = [json.loads(line) for line in sys.stdin]
assert len(answers) == 1 and answers[0]["connections"] == [2], answers
' || fail "upstream drain -o jsonl: $(cat "$tmp/until.log")"
touch "$tmp/go"
wait_log drain '^1 left, oldest '
ctl upstream drain web a --existing drain=100ms >/dev/null || fail "upstream drain"
wait_until 30 "the end of the wait" gone drain
wait "${pids[drain]}" || fail "upstream drain --wait failed"
unset "pids[drain]"
wait_log drain '^0 left$'
wait_until 30 "the end of the other wait" gone until
wait "${pids[until]}" || fail "upstream drain --wait failed"
unset "pids[until]"
wait_log until '^0 left$'
touch "$tmp/end"
wait "${pids[clients]}" || fail "the connections"
unset "pids[clients]"

ctl upstream ls | grep -q "^web .*a .*disabled" || fail "not disabled: $(ctl upstream ls)"
ctl upstream enable web a >/dev/null || fail "upstream enable"
ctl upstream disable web a --existing kill >/dev/null || fail "upstream disable"
ctl upstream enable web a >/dev/null || fail "upstream enable"
says "name      a
health    unchecked
forced    down
effective down" upstream health web a down
ctl -j upstream health web a auto | grep -q '"forced":"auto"' || fail "upstream health auto"
refused 7 "auto, up or down" upstream health web a on
refused 5 "no upstream" upstream drain web nobody
refused 2 "nothing to wait for" upstream drain -n web a --wait
refused 5 "no upstream" upstream drain web nobody --wait

says "DEPTH INDEX ROUTE VERDICT MATCHERS
    0     0 ssh   no      ssh no, remote_ip no or tls no
    0     1 web   yes     -

decision  handled
server    main
route     web
handlers  proxy
upstreams 127.0.0.1:$A (chosen), 127.0.0.1:$B
captures  -" route test --listener "127.0.0.1:$LISTEN" --bytes /dev/null --state ended
printf 'SSH-2.0-x\r\n' >"$tmp/ssh"
ctl route test --listener "127.0.0.1:$LISTEN" --bytes "$tmp/ssh" --src 10.1.2.3 >"$tmp/got" ||
    fail "route test"
grep -qx "    0     0 ssh   yes     ssh yes, remote_ip yes or tls no" "$tmp/got" ||
    fail "route test: $(cat "$tmp/got")"
grep -qx "route     ssh" "$tmp/got" || fail "route test: $(cat "$tmp/got")"
ctl -j route test --listener "127.0.0.1:$LISTEN" --sni b --alpn h2 | "$python" -c '
import json, sys
got = json.load(sys.stdin)
assert got["decision"] == "handled" and got["route"] == "web" and len(got["items"]) == 2, got
assert got["upstreams"][0]["chosen"] and not got["upstreams"][1]["chosen"], got
' || fail "route test -j"
refused 2 "needs --listener" route test
refused 5 "no server listens" route test --listener 127.0.0.1:1
refused 2 "live, ended or silent" route test --listener "127.0.0.1:$LISTEN" --state dead
