#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What can go wrong with a CA: it is not there at the start, says what makes no sense, refuses for a
# while, refuses orders. Each time the certificate comes in the
# end, and the daemon serves what it can meanwhile.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

DIRECTORY=https://localhost:$CA_PORT/main
with_second() { # AUTHORITY LIFETIME
    managed '["a.example.com", "b.example.com", "localhost"]' \
        '"subjects":["a.example.com"],"issuers":['"$(acme_issuer ',"test_ca":"'"https://localhost:$CA_PORT/test"'"')]" \
        '{"subjects":["b.example.com"],"issuers":['"$(acme_issuer)"',
            {"module":"internal","ca":"'"$1"'","lifetime":"'"$2"'"}]}' |
        sed "s/}}}}\$/}},\"pki\":{\"certificate_authorities\":{\"site\":{},\"other\":{}}}}}/" | config
}
with_second site 90m
daemon
openssl s_client -connect "127.0.0.1:$HTTPS" -servername localhost </dev/null >"$tmp/out" 2>&1 ||
    fail "localhost is not served while the CA is down"
wait_log pointsmand "no certificate yet.*name=a.example.com.*Couldn't connect"

# The second issuer serves the other name for as long as the first cannot: by its own authority and
# for its own lifetime, also when a reload has changed both.
second_serves() { # AUTHORITY HOURS
    ctl ca root "$1" >"$tmp/issued.pem"
    wait_served b.example.com "$HTTPS"
    openssl x509 -in "$tmp/s_client" -noout -checkend $((($2 - 1) * 3600)) >/dev/null &&
        ! openssl x509 -in "$tmp/s_client" -noout -checkend $(($2 * 3600)) >/dev/null ||
        fail "not good for $2 hours: $(openssl x509 -in "$tmp/s_client" -noout -dates)"
}
second_serves site 2
with_second other 210m
ctl config reload || fail "config reload"
second_serves other 4
stub
wait_served a.example.com "$HTTPS"

renewals() { grep -c 'certificate renewed.*name=a.example.com' "$tmp/pointsmand.log"; }
failures() { grep -c 'no certificate yet.*name=a.example.com' "$tmp/pointsmand.log"; }
more() { [ "$($1)" -gt "$2" ]; }

# An order that comes to a good end; one that does not.
renew() { # WHAT
    local before=$(renewals)
    ctl cert renew a.example.com || fail "cert renew"
    wait_until 30 "a certificate in spite of: $1" more renewals "$before"
}
refuse() { # WHAT
    local before=$(failures)
    ctl cert renew a.example.com || fail "cert renew"
    wait_until 30 "a failure by: $1" more failures "$before"
}

# What the CA asks for is kept to.
stub_set limit=1,3
renew "a limit"
wait_log pointsmand 'no certificate yet.*rateLimited: the stub says so'

for step in directory order authorization look certificate; do
    stub_set "garbage=$step"
    refuse "garbage at $step"
    serves a.example.com "$HTTPS" || fail "the old certificate is not served after garbage at $step"
    renew "garbage at $step"
done

# After orders that were refused the test CA is asked first.
: >"$tmp/stub.log"
stub_set fail=2
refuse "an order refused"
refuse "another one"
grep -q '^order test' "$tmp/stub.log" && fail "the test CA was asked too soon"
renew "refusals"
grep -A5 '^order test a.example.com' "$tmp/stub.log" | grep -q '^order main a.example.com' ||
    fail "the test CA was not asked: $(cat "$tmp/stub.log")"
