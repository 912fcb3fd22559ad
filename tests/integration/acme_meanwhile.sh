#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What happens while an order is on its way: another one is refused, a reload leaves it alone, the
# account gets another key, and events tell of each certificate. Then 200 names at once, during
# which the control socket answers.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

stub
managed '["a.example.com"]' | config
daemon
start monitor "$pointsctl" -s "$sock" -j monitor cert
wait_served a.example.com "$HTTPS"

# event TYPE MORE: has been told.
event() { grep -qE "\"type\":\"cert.$1\".*$2" "$tmp/monitor.log"; }
wait_event() { wait_until 30 "the event $*" event "$@"; }
wait_event obtained '"cert":"a.example.com"'

held() { # STEP: an order waits there
    : >"$tmp/stub.log"
    stub_set "hold=$1"
    ctl cert renew a.example.com || fail "cert renew"
    wait_until 30 "the CA to be asked at $1" grep -q "^held $1\$" "$tmp/stub.log"
}
renewals() { grep -c 'certificate renewed.*name=a.example.com' "$tmp/pointsmand.log"; }
renewed() { [ "$(renewals)" -gt "$1" ]; }

# Two orders for one name, and a reload in the middle of one.
count=$(renewals)
held finalize
ctl cert renew a.example.com 2>"$tmp/err"
same 10 $? "another order meanwhile"
grep -q "an order for 'a.example.com' is on its way: finalizing" "$tmp/err" || fail "$(cat "$tmp/err")"
ctl cert show a.example.com | grep -q '^doing *finalizing' || fail "cert show: $(ctl cert show a.example.com)"
managed '["a.example.com","b.example.com"]' | config
ctl config reload || fail "reload"
ctl cert show a.example.com | grep -q '^doing *finalizing' || fail "a reload ended the order"
stub_set hold=
wait_until 30 "the certificate" renewed "$count"
wait_served b.example.com "$HTTPS"
same 1 "$(grep -c '^order main a.example.com' "$tmp/stub.log")" "orders"
wait_event renewed '"cert":"a.example.com"'

# The account gets another key while a request by the old one is on its way, whose nonce is refused.
count=$(renewals)
key=$(cat "$tmp"/state/acme/*/*/account.pem)
stub_set nonce=bad
held order
stub_set nonce=
ctl acme rekey a.example.com || fail "acme rekey"
[ "$(cat "$tmp"/state/acme/*/*/account.pem)" != "$key" ] || fail "the key is still the same"
stub_set hold=
wait_until 30 "the certificate after a change of keys" renewed "$count"

stub_set fail=1
ctl cert renew a.example.com || fail "cert renew"
wait_event failed '"cert":"a.example.com".*unauthorized: no'

# Many at once.
names='"a.example.com"'
for ((i = 0; i < 200; i++)); do names+=",\"n$i.example.com\""; done
managed "[$names]" | config
ctl config reload || fail "reload with 200 names"
valid() { ctl -t 10s -j cert ls >"$tmp/ls" || fail "cert ls"; grep -o '"state":"valid"' "$tmp/ls" | wc -l; }
wait_until 240 "200 certificates" eval '[ "$(valid)" = 201 ]'
for i in 0 99 199; do serves n$i.example.com "$HTTPS" || fail "n$i is not served"; done
same 200 "$(grep -c '^order main n' "$tmp/stub.log")" "orders for 200 names"
for ((i = 0; i < 200; i++)); do wait_event obtained "\"cert\":\"n$i.example.com\""; done
