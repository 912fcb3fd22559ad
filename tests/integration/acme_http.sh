#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A site's certificate by HTTP-01, answered by the automatic redirect server: obtained, kept with
# its key for nobody else to read, and there at once after a restart without the CA. Requests for
# other tokens go where all others go.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

ca
config <<EOF
{"apps":{
  "http":{"http_port":$HTTP,"https_port":$HTTPS,"servers":{"main":{"listen":["127.0.0.1:$HTTPS"],
    "routes":[{"match":[{"host":["site.example.com"]}],
      "handle":[{"handler":"static_response","body":"here"}]}]}}},
  "tls":{"automation":{"policies":[{"issuers":[$(acme_issuer)]}]}}}}
EOF
daemon
start monitor "$pointsctl" -s "$sock" -j monitor cert
wait_served site.example.com "$HTTPS"
wait_log pointsmand 'certificate obtained.*name=site.example.com'
wait_until 30 "the event" grep -q '"type":"cert.obtained".*"cert":"site.example.com"' "$tmp/monitor.log"
grep -q 'validate w/ HTTP' "$tmp/ca.log" || fail "the CA did not use HTTP-01"

same 308 "$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: site.example.com' \
    "http://127.0.0.1:$HTTP/.well-known/acme-challenge/0123456789abcdef0123")" "another token"

# Another program's order, through the control socket.
token=DGyRejmCefe7v4NfDGDKfA
ctl acme challenge add http-01 $token $token.thumb-print_ || fail "acme challenge add"
same $token.thumb-print_ "$(curl -s "http://127.0.0.1:$HTTP/.well-known/acme-challenge/$token")" \
    "another program's challenge"
ctl acme challenge add http-01 $token other.thumb-print_ 2>/dev/null
same 7 $? "a value that is not the token's"
ctl acme challenge del http-01 $token || fail "acme challenge del"
same 308 "$(curl -s -o /dev/null -w '%{http_code}' \
    "http://127.0.0.1:$HTTP/.well-known/acme-challenge/$token")" "a challenge taken away"

# One file with key and chain, and nothing left of the order.
bundle=$tmp/state/certificates/site.example.com.pem
grep -q 'PRIVATE KEY' "$bundle" && same 2 "$(grep -c 'BEGIN CERT' "$bundle")" "certificates kept"
[ -z "$(find "$tmp/state" \( -type f ! -perm 600 \) -o \( -type d ! -perm 700 \))" ] ||
    fail "others can read: $(ls -lR "$tmp/state")"
[ -z "$(find "$tmp/state" -path '*/orders/*' -type f)" ] || fail "the order is still there"

before=$(openssl x509 -in "$bundle" -noout -serial)
stop pointsmand
stop ca
daemon
serves site.example.com "$HTTPS" || fail "the certificate is not there after a restart"
same "$before" "$(openssl x509 -in "$tmp/s_client" -noout -serial)" "the certificate served"
