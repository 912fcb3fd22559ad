#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A CA that cuts the connection in each step, before it has done what it was asked and after: the
# certificate comes all the same.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

stub
stub_set challenge=yes
managed '["a.example.com"]' | config
# The first steps, each time by a daemon that knows nothing yet.
for step in directory directory+ account account+; do
    for times in 1 2; do
        stop pointsmand
        rm -rf "$tmp/state"
        stub_set "cut=${step/+/%2B}*$times"
        daemon
        wait_served a.example.com "$HTTPS"
        stub_set cut=
        grep -qxF "cut $step" "$tmp/stub.log" || fail "nothing was cut at $step"
    done
done

renewals() { grep -c 'certificate renewed' "$tmp/pointsmand.log"; }
renewed() { [ "$(renewals)" -gt "$1" ]; }

cut() { # STEP
    local cuts=$(grep -c "^cut" "$tmp/stub.log")
    local before=$(renewals)
    stub_set "cut=$1"
    ctl cert renew a.example.com || fail "cert renew"
    wait_until 30 "a certificate though the connection is cut at $1" renewed "$before"
    [ "$(grep -c "^cut" "$tmp/stub.log")" -gt "$cuts" ] || fail "nothing was cut at $1"
}

# Once: libcurl tries again by itself, and so may ask twice for what was done. Oftener: that is left
# to the next attempt, which goes on with the order; how often is enough depends on the connections
# that libcurl has kept.
for step in nonce order authorization challenge finalize look certificate; do
    cut "$step"
    cut "$step%2B"
done
cut "challenge*2"
cut "order*2"
for times in 2 3 4 5; do
    cut "finalize*$times"
    logged pointsmand "the order for 'a.example.com' goes on" && break
done
wait_log pointsmand "the order for 'a.example.com' goes on"
