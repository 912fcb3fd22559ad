#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The clock is set while the daemon runs: a certificate that has expired by then is replaced, but not
# by one that is no better; when the clock is right again, what waits does not wait for the other time.
. "$(dirname "$0")/lib.sh"
faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
[ -e "$faketime" ] || skip "libfaketime is missing (Debian: faketime)"
! grep -qaE '__[at]san_init' "$pointsmand" || skip "a sanitizer takes no other library before it"
. "$(dirname "$0")/acme.bash"

set_clock() { # OFFSET
    echo "$1" >"$tmp/offset.new"
    mv "$tmp/offset.new" "$tmp/offset"
}
failures() { grep -c 'no certificate yet.*name=a.example.com' "$tmp/pointsmand.log"; }
failed() { [ "$(failures)" -gt "$1" ]; }
renewed() { [ "$(grep -c 'certificate renewed.*name=a.example.com' "$tmp/pointsmand.log")" -gt "$1" ]; }
refuse() { # OFFSET REASON
    local count=$(failures)
    set_clock "$1"
    wait_until 20 "an order" eval 'ctl cert renew a.example.com 2>"$tmp/err"'
    wait_until 30 "a failure by the clock at $1" failed "$count"
    grep 'no certificate yet' "$tmp/pointsmand.log" | tail -n 1 | grep -qE -- "$2" ||
        fail "the clock at $1: another reason"
    serves a.example.com "$HTTPS" || fail "nothing is served with the clock at $1"
    same "$first" "$(openssl x509 -in "$tmp/s_client" -noout -serial)" "the certificate at $1"
}

stub
managed '["a.example.com"]' | config
set_clock +0
start pointsmand env "LD_PRELOAD=$faketime" "FAKETIME_TIMESTAMP_FILE=$tmp/offset" FAKETIME_NO_CACHE=1 \
    FAKETIME_DONT_FAKE_MONOTONIC=1 "$pointsmand" run --config "$tmp/config.json" --control "$sock" \
    --state "$tmp/state" --workers 2
wait_until 30 "the control socket" answers
wait_served a.example.com "$HTTPS"
first=$(openssl x509 -in "$tmp/s_client" -noout -serial)

# The CA knows better what time it is.
refuse +2d 'has expired already'
ctl cert ls | grep -q 'a.example.com.*expired' || fail "cert ls: $(ctl cert ls)"

# What it waits for after a failure is seconds, not the day when it failed.
stop stub
refuse +20d 'https://localhost'
set_clock +0
stub
wait_until 60 "the next attempt" renewed 0
wait_log pointsmand 'the clock was set back by 17[0-9]* s'
