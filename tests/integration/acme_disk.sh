#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A state folder that is full, or cannot be written to: nothing that is there is lost, a certificate
# that has come serves and is written as soon as it can be. Files that are damaged cost no more than
# another order.
. "$(dirname "$0")/lib.sh"
own_network || skip "cannot mount (needs root)"
. "$(dirname "$0")/acme.bash"

stub
managed '["a.example.com"]' | config
mkdir "$tmp/state"
mount -t tmpfs -o size=96k,mode=700 tmpfs "$tmp/state" || skip "cannot mount a tmpfs"
daemon
wait_served a.example.com "$HTTPS"
bundle=$tmp/state/certificates/a.example.com.pem
serial() { openssl x509 -in "${1:-$tmp/s_client}" -noout -serial; }
kept() { [ "$(serial "$bundle")" = "$1" ]; }
renewals() { grep -c 'certificate renewed.*name=a.example.com' "$tmp/pointsmand.log"; }
renewed() { [ "$(renewals)" -gt "$1" ]; }
failures() { grep -c 'no certificate yet.*name=a.example.com' "$tmp/pointsmand.log"; }
failed() { [ "$(failures)" -gt "$1" ]; }
renew() {
    local count=$(renewals)
    ctl cert renew a.example.com || fail "cert renew"
    wait_until 30 "a certificate $1" renewed "$count"
    serves a.example.com "$HTTPS" || fail "nothing is served $1"
}
refuse() { # WHAT REASON
    local count=$(failures)
    ctl cert renew a.example.com || fail "cert renew"
    wait_until 30 "a failure by $1" failed "$count"
    grep 'no certificate yet' "$tmp/pointsmand.log" | tail -n 1 | grep -qE -- "$2" || fail "$1: another reason"
    serves a.example.com "$HTTPS" || fail "nothing is served with $1"
    same "$first" "$(serial)" "the certificate with $1"
    kept "$first" || fail "the file with $1"
}
first=$(serial)

# --- full before the order --------------------------------------------------------------------------
fill() { dd if=/dev/zero of="$tmp/state/filler" bs=4k 2>/dev/null; }
fill
refuse "a full disk" 'making a key: .*No space left'
ctl -t 10s status >/dev/null || fail "status on a full disk"
rm "$tmp/state/filler"
renew "with room again"
kept "$(serial)" || fail "the file with room again"

# --- full when the certificate comes ----------------------------------------------------------------
stub_set hold=finalize
: >"$tmp/stub.log"
ctl cert renew a.example.com || fail "cert renew"
wait_until 30 "the CA to be asked" grep -q '^held finalize' "$tmp/stub.log"
fill
count=$(renewals)
first=$(serial "$bundle")
stub_set hold=
wait_until 30 "a certificate on a full disk" renewed "$count"
wait_log pointsmand "the certificate of 'a.example.com' is not kept: .*No space left"
serves a.example.com "$HTTPS" || fail "the new certificate is not served"
new=$(serial)
[ "$new" != "$first" ] || fail "the new certificate is not in use"
kept "$first" || fail "the old file is damaged"

# Another document for the name: what is in the file is not better than what is in use.
stub_set hold=order
: >"$tmp/stub.log"
managed '["a.example.com"]' "\"issuers\":[$(acme_issuer ',"acme_timeout":"2m"')]" | config
ctl config reload || fail "reload"
serves a.example.com "$HTTPS" || fail "nothing is served after a reload"
same "$new" "$(serial)" "the certificate after a reload"
! grep -q '^order' "$tmp/stub.log" || fail "ordered again: $(cat "$tmp/stub.log")"
stub_set hold=
rm "$tmp/state/filler"
wait_until 40 "the certificate to be written" kept "$new"
wait_log pointsmand "the certificate of 'a.example.com' is kept now"
same "$new" "$(serial)" "the certificate after it was written"

# --- read-only --------------------------------------------------------------------------------------
account=$(echo "$tmp"/state/acme/*/*)
first=$new
mount -t tmpfs -o ro tmpfs "$account/orders" || fail "mount"
refuse "a read-only folder" 'making a key: .*Read-only file system'
umount "$account/orders"

# --- damaged ----------------------------------------------------------------------------------------
# restart: with a file of the state cut in the middle; the certificate is served, or soon will be
cut() { truncate -s "$(($(stat -c %s "$1") / 2))" "$1" || fail "truncate $1"; }
stop pointsmand
cut "$tmp/state/certificates/a.example.com.json"
cut "$account/account.json"
daemon
wait_served a.example.com "$HTTPS"
same 1 "$(grep -c "BEGIN PRIVATE" "$account/account.pem")" "the account's key"

stop pointsmand
cut "$bundle"
: >"$tmp/stub.log"
daemon
wait_log pointsmand "the certificate of 'a.example.com' cannot be used"
wait_served a.example.com "$HTTPS"
same 1 "$(grep -c '^order' "$tmp/stub.log")" "orders in place of a damaged certificate"

# An order's key, before the CA has heard of it and after: another key, another order.
key=$account/orders/a.example.com.pem
again() { # the daemon is killed and starts again, the key is damaged meanwhile
    stop pointsmand KILL
    cut "$key"
    stub_set hold=
    stub_set cut=
    daemon
}
stub_set "cut=finalize*50"
ctl cert renew a.example.com || fail "cert renew"
wait_until 30 "the order's key" [ -s "$key" ]
wait_until 30 "the signing request" grep -q '^cut finalize' "$tmp/stub.log"
again
renew "after the key of an order was damaged"

stub_set hold=finalize
: >"$tmp/stub.log"
ctl cert renew a.example.com || fail "cert renew"
wait_until 30 "the CA to be asked" grep -q '^held finalize' "$tmp/stub.log"
again
first=$(serial "$bundle")
refuse "the damaged key of a certificate" 'fetching the certificate: .*a.example.com.pem'
renew "after the key of a certificate was damaged"

# The account's key: nobody makes another one unasked, what there is serves on.
stop pointsmand
cut "$account/account.pem"
cp "$account/account.pem" "$tmp/cut.pem"
daemon
serves a.example.com "$HTTPS" || fail "nothing is served with a damaged account"
first=$(serial)
refuse "a damaged account" 'account.pem'
cmp -s "$account/account.pem" "$tmp/cut.pem" || fail "the account's key was replaced"
rm "$account/account.pem"
renew "with another account"
stop pointsmand
umount "$tmp/state"
