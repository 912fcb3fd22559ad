#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon is killed in each step of an order. What it has written is enough for the next one to
# go on: with the same account, with the same order where there is one, and with its key.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

# held STEP: the daemon dies while it waits for the CA's answer at that step, and starts again.
held() {
    stub_set "hold=$1"
    daemon
    wait_until 30 "the CA to be asked at $1" grep -q "^held $1\$" "$tmp/stub.log"
    kill -KILL "${pids[pointsmand]}"
    wait "${pids[pointsmand]}" 2>/dev/null
    unset "pids[pointsmand]"
    rm -f "$sock"
}

stub
stub_set challenge=yes
managed '["a.example.com"]' | config
for step in directory nonce account order authorization challenge finalize look certificate; do
    held $step
done
stub_set hold=
daemon
wait_served a.example.com "$HTTPS"
same 1 "$(grep -c "BEGIN PRIVATE" "$tmp"/state/acme/*/*/account.pem)" "keys of the account"
# The first answer to an order was lost; the second one was kept.
same 2 "$(grep -c '^order' "$tmp/stub.log")" "orders"
wait_log pointsmand "the order for 'a.example.com' goes on"
[ -z "$(find "$tmp/state" -path '*/orders/*' -type f)" ] || fail "the order is still there"
stop pointsmand
stop stub
rm -rf "$tmp/state"

# The same while a real CA validates: where it found nobody it refuses, and may be asked again.
DIRECTORY=https://localhost:$CA_PORT/dir
ca PEBBLE_VA_NOSLEEP=0 PEBBLE_VA_SLEEPTIME=2
managed '["b.example.com"]' | config
daemon
wait_until 30 "the challenge" grep -q 'POST /chalZ' "$tmp/ca.log"
kill -KILL "${pids[pointsmand]}"
wait "${pids[pointsmand]}" 2>/dev/null
unset "pids[pointsmand]"
rm -f "$sock"
daemon
served() {
    serves b.example.com "$HTTPS" && return
    ctl cert show b.example.com | grep -q '^error *status' && ctl cert renew b.example.com 2>/dev/null
    sleep 0.3
    false
}
wait_until 25 "the certificate of b.example.com" served
