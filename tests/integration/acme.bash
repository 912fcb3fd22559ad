# SPDX-License-Identifier: BSD-2-Clause
# For the tests of ACME: pebble, a CA for tests, and its DNS server, from the package pebble. A test
# sources lib.sh, then this.

need pebble pebble
need pebble-challtestsrv pebble
need openssl openssl
need curl curl
need_python

CA_PORT=$(free_port) CA_MANAGEMENT=$(free_port) DNS_PORT=$(free_port) DNS_MANAGEMENT=$(free_port)
HTTP=$(free_port) HTTPS=$(free_port)
DIRECTORY=https://localhost:$CA_PORT/dir

# The certificate of the CA's own interface, from an authority that is told to trust.
make_interface_certificate() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/ca.key" &&
        openssl req -x509 -new -key "$tmp/ca.key" -subj '/CN=interface' -days 30 \
            -out "$tmp/ca.pem" -addext basicConstraints=critical,CA:TRUE \
            -addext keyUsage=critical,keyCertSign &&
        openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/api.key" &&
        openssl req -new -key "$tmp/api.key" -subj '/CN=localhost' -out "$tmp/api.csr" &&
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$tmp/api.ext" &&
        openssl x509 -req -in "$tmp/api.csr" -CA "$tmp/ca.pem" -CAkey "$tmp/ca.key" \
            -CAcreateserial -days 30 -extfile "$tmp/api.ext" -out "$tmp/api.pem"
}
make_interface_certificate >"$tmp/openssl.log" 2>&1 || fail "openssl"

ca_answers() {
    curl -fsS --cacert "$tmp/ca.pem" "$DIRECTORY" >/dev/null 2>&1
}

# ca [VARIABLE=VALUE…]: starts the CA. It refuses every fifth nonce.
EAB=false
ca() {
    start dns pebble-challtestsrv -defaultIPv4 127.0.0.1 -defaultIPv6 "" \
        -dns01 "127.0.0.1:$DNS_PORT" -http01 "" -https01 "" -tlsalpn01 "" \
        -management "127.0.0.1:$DNS_MANAGEMENT"
    cat >"$tmp/pebble.json" <<EOF
{"pebble": {"listenAddress": "127.0.0.1:$CA_PORT",
  "managementListenAddress": "127.0.0.1:$CA_MANAGEMENT",
  "certificate": "$tmp/api.pem", "privateKey": "$tmp/api.key",
  "httpPort": $HTTP, "tlsPort": $HTTPS, "ocspResponderURL": "",
  "externalAccountBindingRequired": $EAB,
  "externalAccountMACKeys": {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}}}
EOF
    start ca env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=20 PEBBLE_AUTHZREUSE=0 "$@" \
        pebble -config "$tmp/pebble.json" -dnsserver "127.0.0.1:$DNS_PORT"
    wait_until 30 "the CA" ca_answers
    curl -fsS --cacert "$tmp/ca.pem" "https://localhost:$CA_MANAGEMENT/roots/0" >"$tmp/issued.pem"
}

# The other CA: acme_stub.py says what it can be told to do with stub_set NAME=VALUE.
stub() {
    need certtool gnutls-bin
    mkdir -p "$tmp/stub"
    cp "$tmp/api.pem" "$tmp/api.key" "$tmp/stub"
    start stub "$python" "$here/acme_stub.py" "$CA_PORT" "$tmp/stub"
    DIRECTORY=https://localhost:$CA_PORT/main
    wait_until 30 "the stub" ca_answers
    cat "$tmp/stub/first.pem" "$tmp/stub/second.pem" >"$tmp/issued.pem"
}

stub_set() { # NAME=VALUE
    curl -fsS --cacert "$tmp/ca.pem" "https://localhost:$CA_PORT/set?$1" || fail "stub_set $1"
}

# A layer 4 server whose names are managed: managed NAMES-JSON [POLICY-MEMBERS [MORE-POLICIES]]
managed() {
    printf '{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:%s"],"routes":[
        {"handle":[{"handler":"tls"},{"handler":"respond","body":"here"}]}]}}},
      "tls":{"certificates":{"automate":%s},"automation":{"policies":[{%s}%s]}}}}' \
        "$HTTPS" "$1" "${2:-"\"issuers\":[$(acme_issuer)]"}" "${3:+,$3}"
}

# The issuer of the tests: acme_issuer [MORE-JSON]
acme_issuer() {
    printf '{"module":"acme","ca":"%s","email":"ops@example.com",
      "trusted_roots_pem_files":["%s/ca.pem"],
      "challenges":{"http":{"alternate_port":%s},"tls-alpn":{"alternate_port":%s}}%s}' \
        "$DIRECTORY" "$tmp" "$HTTP" "$HTTPS" "${1:-}"
}

# What has become of orders for a.example.com; more WHAT COUNT: it is more often than that.
renewals() { grep -c 'certificate renewed.*name=a.example.com' "$tmp/pointsmand.log"; }
failures() { grep -c 'no certificate yet.*name=a.example.com' "$tmp/pointsmand.log"; }
more() { [ "$($1)" -gt "$2" ]; }

# serves NAME PORT: a client that trusts the CA's root gets the name's certificate.
serves() {
    openssl s_client -connect "127.0.0.1:$2" -servername "$1" -CAfile "$tmp/issued.pem" \
        -verify_hostname "$1" -verify_return_error </dev/null >"$tmp/s_client" 2>&1
}

wait_served() { # NAME PORT [SECONDS]
    wait_until "${3:-30}" "the certificate of $1" eval "serves $1 $2 || { sleep 0.2 && false; }"
}
