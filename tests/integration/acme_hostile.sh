#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A CA that answers what no CA should: without end, in other forms, with redirects, by certificates
# that are worth nothing, with orders that never end. Each time the certificate that is there serves
# on, the control socket answers, memory stays where it was; then the CA is good again, and so is
# the next certificate.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

stub
managed '["a.example.com"]' "\"issuers\":[$(acme_issuer ',"acme_timeout":"10s"')]" | config
daemon
wait_served a.example.com "$HTTPS"
serial() { openssl x509 -in "$tmp/s_client" -noout -serial; }
first=$(serial)

failures() { grep -c 'no certificate yet.*name=a.example.com' "$tmp/pointsmand.log"; }
failed() { [ "$(failures)" -gt "$1" ]; }
renewals() { grep -c 'certificate renewed.*name=a.example.com' "$tmp/pointsmand.log"; }
renewed() { [ "$(renewals)" -gt "$1" ]; }
# While an order is on its way there is no other.
asked() { ctl cert renew a.example.com 2>"$tmp/renew"; }

memory() { awk '/^VmHWM/ { print $2 }' "/proc/${pids[pointsmand]}/status"; }
before=$(memory)

# refused SETTING [WHY]: nothing good comes of it, and nothing bad.
refused() {
    local count
    stub_set "$1"
    count=$(failures)
    wait_until 20 "an order" asked
    wait_until 30 "a failure by $1" failed "$count"
    logged pointsmand "no certificate yet.*${2:-}" || fail "$1: not for this reason: ${2:-}"
    serves a.example.com "$HTTPS" || fail "the certificate is not served after $1"
    same "$first" "$(serial)" "the certificate after $1"
    cmp -s "$tmp/kept" "$tmp/state/certificates/a.example.com.pem" || fail "another file after $1"
    [ "$(ctl -t 10s -j cert ls | grep -c '"state":"valid"')" = 1 ] || fail "cert ls after $1"
    stub_set "${1%%=*}="
}
cp "$tmp/state/certificates/a.example.com.pem" "$tmp/kept"

for step in order authorization look certificate; do refused "bend=$step:redirect" 'status 302'; done
for how in html deep; do refused "bend=order:$how"; done
refused "bend=certificate:html" 'fetching the certificate: '
refused "bend=order:lost" 'the order has no URL'
for how in huge headers; do refused "bend=look:$how" 'the answer is too long'; done
refused "bend=certificate:huge" 'the answer is too long'
refused "bend=certificate:drip" 'not done after 10 s'
refused "nonce=bad" 'badNonce'
refused "leaf=expired" 'has expired already: is this machine'
refused "leaf=early" 'is not valid yet: is this machine'
refused "leaf=another" 'private key does not belong'
refused "leaf=others" 'not for the names ordered'
refused "leaf=nothing" 'no readable certificate'

# Waits that nobody can mean: a year, and less than nothing.
good() { # SETTING
    local count
    stub_set "$1"
    count=$(renewals)
    wait_until 20 "an order" asked
    wait_until 60 "a certificate with $1" renewed "$count"
}
refused "limit=1,31536000" 'rateLimited'
next=$(ctl -j cert show a.example.com | "$python" -c '
import datetime, json, sys
next = datetime.datetime.fromisoformat(json.load(sys.stdin)["next"].replace("Z", "+00:00"))
print(int((next - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600))')
[ "$next" -ge 22 ] && [ "$next" -le 28 ] || fail "asked to wait a year, it waits $next hours"
good "wait=-5"
good "wait=0"
stub_set wait=

# An order that never comes to an end has a second chance, then there is another one.
: >"$tmp/stub.log"
good "stuck=1"
same 2 "$(grep -c '^order' "$tmp/stub.log")" "orders, one of them stuck"
wait_log pointsmand "the order for 'a.example.com' goes on"
serves a.example.com "$HTTPS" || fail "nothing is served in the end"
[ "$(serial)" != "$first" ] || fail "the certificate is still the first"

# One whose URL leads nowhere goes on failing for an hour, and not for ever.
first=$(serial)
cp "$tmp/state/certificates/a.example.com.pem" "$tmp/kept"
refused "bend=order:elsewhere" "Couldn.t connect"
old=$(echo "$tmp"/state/acme/*/*/orders/a.example.com.json)
grep -q '"url": "https://127.0.0.1:1/' "$old" || fail "the order is not kept: $(cat "$old")"
sed -i 's/"placed": [0-9]*/"placed": 1700000000/' "$old"
good "bend="

# A sanitizer has needs of its own.
if [ "$(awk '/^VmSize/ { print $2 }' "/proc/${pids[pointsmand]}/status")" -lt 1000000000 ]; then
    grown=$(($(memory) - before))
    [ $grown -lt 32768 ] || fail "memory has grown by $grown KiB"
fi
