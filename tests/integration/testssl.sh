#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# testssl.sh has nothing to say of MEDIUM or worse, neither of a site nor of a layer 4 route.
. "$(dirname "$0")/lib.sh"
need testssl testssl.sh
need openssl openssl
need_python

SITE=$(free_port) LAYER4=$(free_port)
name=localhost

# A certificate as a public CA gives one.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 100 -subj /CN=root \
    -keyout "$tmp/ca.key" -out "$tmp/ca.pem" 2>"$tmp/openssl.log" &&
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
        -keyout "$tmp/key.pem" -out "$tmp/request.pem" 2>>"$tmp/openssl.log" &&
    openssl x509 -req -in "$tmp/request.pem" -CA "$tmp/ca.pem" -CAkey "$tmp/ca.key" -days 89 \
        -out "$tmp/cert.pem" -extfile - 2>>"$tmp/openssl.log" <<EOF_ || fail "no certificate"
subjectAltName = DNS:$name
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
crlDistributionPoints = URI:http://crl.example.com/root.crl
EOF_

cat >"$tmp/Caddyfile" <<EOF_
{
	auto_https disable_redirects
	layer4 {
		:$LAYER4 {
			route {
				tls
				echo
			}
		}
	}
}

https://$name:$SITE {
	tls $tmp/cert.pem $tmp/key.pem
	header {
		Strict-Transport-Security "max-age=31536000"
		Content-Security-Policy "default-src 'none'"
		X-Content-Type-Options nosniff
		X-Frame-Options DENY
	}
	respond "main"
}
EOF_
daemon "$tmp/Caddyfile"

# Everything but the simulated browsers and the list of all ciphers, which judge nothing.
judge() { # PORT
    (cd "$tmp" && ADDITIONAL_CA_FILES=$tmp/ca.pem HOME=$tmp timeout 500 testssl --quiet --color 0 \
        --warnings off --ip 127.0.0.1 --protocols --server-preference --fs --std --vulnerable \
        --server-defaults --headers --jsonfile "$tmp/$1.json" "https://$name:$1/") >"$tmp/testssl-$1.log" 2>&1
    "$python" - "$tmp/$1.json" <<'PY' || fail "testssl of port $1"
import json, sys
findings = json.load(open(sys.argv[1]))
seen = {f["id"] for f in findings}
wanted = {"TLS1_2", "TLS1_3", "cipher_order", "cert_chain_of_trust", "heartbleed", "ROBOT", "secure_renego"}
assert wanted <= seen, wanted - seen
bad = [f for f in findings if f["severity"] in ("MEDIUM", "HIGH", "CRITICAL")]
for f in bad:
    print(f["id"], f["severity"], f["finding"])
sys.exit(bool(bad))
PY
}
judge "$SITE" &
site=$!
judge "$LAYER4"
wait "$site" || fail "the site"
