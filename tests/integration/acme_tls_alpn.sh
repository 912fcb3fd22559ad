#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# TLS-ALPN-01 on a layer 4 listener: answered before routing and only while an order of ours is
# pending. The same kind of client for another name reaches the backend whose business it is.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

BACKEND=$(free_port)
# A backend that obtains its own certificate: it alone speaks acme-tls/1 for other.example.com.
start backend openssl s_server -accept "127.0.0.1:$BACKEND" -cert "$tmp/api.pem" \
    -key "$tmp/api.key" -alpn acme-tls/1 -quiet
wait_until 30 "the backend" listening "$BACKEND"

# asks NAME: a client of TLS-ALPN-01; the certificate's subject and the protocol that was agreed on
asks() {
    openssl s_client -connect "127.0.0.1:$HTTPS" -servername "$1" -alpn acme-tls/1 \
        -ign_eof </dev/null >"$tmp/asked" 2>&1
    grep -q '^ALPN protocol: acme-tls/1' "$tmp/asked" &&
        openssl x509 -in "$tmp/asked" -noout -subject 2>/dev/null
}

ca PEBBLE_VA_SLEEPTIME=2 PEBBLE_VA_NOSLEEP=0
config <<EOF
{"apps":{
  "layer4":{"servers":{"main":{"listen":["127.0.0.1:$HTTPS"],"routes":[
    {"match":[{"tls":{"alpn":["acme-tls/1"]}}],
      "handle":[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:$BACKEND"]}]}]},
    {"match":[{"tls":{"sni":["mail.example.com"]}}],
      "handle":[{"handler":"tls"},{"handler":"respond","body":"mail"}]},
    {"handle":[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:$BACKEND"]}]}]}]}}},
  "tls":{"certificates":{"automate":["mail.example.com"]},
    "automation":{"policies":[{"issuers":[$(acme_issuer)]}]}}}}
EOF
daemon
same 'subject=CN = localhost' "$(asks other.example.com)" "the backend's own challenge"
wait_until 30 "the challenge" grep -q 'POST /chalZ' "$tmp/ca.log"
same 'subject=CN = localhost' "$(asks other.example.com)" "the same while one of ours is pending"
wait_served mail.example.com "$HTTPS"
wait_log pointsmand 'end=challenge'

# Now nothing is pending: such a client for our name goes by the routes.
same 'subject=CN = localhost' "$(asks mail.example.com)" "a challenge for our name afterwards"
same 'subject=CN = localhost' "$(asks other.example.com)" "the backend's own challenge afterwards"

# Another program's order, through the control socket.
ctl acme challenge add tls-alpn-01 Mail.example.com "0123456789abcdefghijk.thumb-print_" ||
    fail "acme challenge add"
same 'subject=CN = ACME challenge' "$(asks mail.example.com)" "another program's challenge"
openssl x509 -in "$tmp/asked" -noout -text | grep -A1 '1.3.6.1.5.5.7.1.31: critical' >"$tmp/text" ||
    fail "no acmeIdentifier"
ctl acme challenge del tls-alpn-01 mail.example.com || fail "acme challenge del"
same 'subject=CN = localhost' "$(asks mail.example.com)" "a challenge that was taken away"
ctl acme challenge del tls-alpn-01 mail.example.com 2>/dev/null
same 5 $? "removing it again"
