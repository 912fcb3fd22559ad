#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Renewal: with a third of a short life left, without a handshake that fails; when the CA's renewal
# information says so, telling it which certificate is replaced. Of several chains the one that is
# preferred is taken.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

stub
stub_set life=20
managed '["a.example.com"]' "\"issuers\":[$(acme_issuer ',"preferred_chains":{"root_common_name":["second"]}')]" |
    config
daemon
wait_served a.example.com "$HTTPS"
grep -q 'i:CN = second' "$tmp/s_client" || fail "not the preferred chain: $(cat "$tmp/s_client")"

# Until the second certificate is there every handshake goes well.
serial() { openssl x509 -in "$tmp/s_client" -noout -serial; }
first=$(serial)
end=$((SECONDS + 25))
while [ $SECONDS -lt $end ]; do
    serves a.example.com "$HTTPS" || fail "a handshake failed before the renewal"
    [ "$(serial)" = "$first" ] || break
done
[ "$(serial)" != "$first" ] || fail "not renewed within the certificate's life"
wait_log pointsmand 'certificate renewed.*name=a.example.com'
same 2 "$(grep -c '^order main a.example.com' "$tmp/stub.log")" "orders"

# A long life now, about which the CA is asked every two seconds; then it wants it renewed at once;
# afterwards it has no wish.
stub_set life=86400
stub_set window=80000,81000
ctl cert renew a.example.com 2>"$tmp/renew" || grep -q 'on its way' "$tmp/renew" || fail "cert renew"
wait_until 30 "the long one" eval 'ctl cert ls --expires-within 1h -o name >"$tmp/ls" && ! [ -s "$tmp/ls" ]'
id=$(ctl -j cert show a.example.com | "$python" -c 'import json, sys
n = int(json.load(sys.stdin)["serial"])
import base64
print(base64.urlsafe_b64encode(n.to_bytes(n.bit_length() // 8 + 1, "big")).decode().rstrip("="))')
stub_set window=-100,-50
wait_until 30 "the replacement" grep -qE "^order main a.example.com [A-Za-z0-9_-]+\.$id\$" "$tmp/stub.log"
stub_set window=
grep -q "^information .*\.$id\$" "$tmp/stub.log" || fail "renewal information was not asked for"
wait_log pointsmand 'the CA asks to renew the certificate now: https://localhost:.*/why'
