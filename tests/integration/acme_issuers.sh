#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Several issuers, each with its own waits: one that has asked for time gets it though the others
# fail meanwhile. CAs that take requests and never answer hold up nobody else's names.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

NOWHERE=$(free_port) HOLE=$(free_port)
stub
stub_set limit=1,12
other=$(acme_issuer | sed "s|$DIRECTORY|https://localhost:$NOWHERE/dir|")
managed '["a.example.com"]' "\"issuers\":[$(acme_issuer),$other]" | config
daemon
wait_served a.example.com "$HTTPS"
"$python" - "$tmp/pointsmand.log" <<'PY' || fail "the first CA was asked before its time"
import datetime, re, sys
lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
when = lambda line: datetime.datetime.fromisoformat(line.split()[0].replace("Z", "+00:00"))
limited = next(l for l in lines if "rateLimited" in l)
obtained = next(l for l in lines if "certificate obtained" in l)
assert sum("Couldn't connect" in l for l in lines) >= 2, "the second CA had too few turns"
waited = (when(obtained) - when(limited)).total_seconds()
assert waited >= 12, waited
PY
same 1 "$(grep -c '^limited' "$tmp/stub.log")" "refusals"
stop pointsmand

# Nine names of CAs that say nothing, then one of a CA that answers.
start hole "$python" -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
time.sleep(600)' "$HOLE"
wait_until 30 "the hole" listening "$HOLE"
names= policies=
for i in 1 2 3 4 5 6 7 8 9; do
    names+="\"h$i.example.com\","
    hole=$(acme_issuer | sed "s|$DIRECTORY|https://localhost:$HOLE/$i|")
    policies+="${policies:+,}{\"subjects\":[\"h$i.example.com\"],\"issuers\":[$hole]}"
done
managed "[$names\"b.example.com\"]" \
    "\"subjects\":[\"b.example.com\"],\"issuers\":[$(acme_issuer)]" "$policies" | config
daemon
wait_served b.example.com "$HTTPS" 60
for i in 1 9; do
    ctl cert show h$i.example.com | grep -q '^doing *registering' ||
        fail "nothing is done for h$i: $(ctl cert show h$i.example.com)"
done
! logged pointsmand 'no certificate yet.*name=h' || fail "the good CA had to wait for the others"
