#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# openssl, gnutls-cli and curl against each kind of connection policy, in TLS 1.2 and 1.3: who comes
# in and by what, as the placeholders of the handler say. A ticket from one worker is good at all.
. "$(dirname "$0")/lib.sh"
need openssl openssl
need gnutls-cli gnutls-bin
need curl curl
need_python

PORT=$(free_port)
identity() { # NAME [OPTION…]
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$tmp/$1.key" -out "$tmp/$1.pem" "${@:2}" 2>"$tmp/openssl.log" || fail "openssl req"
}
identity ca
identity stranger
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=friend \
    -keyout "$tmp/friend.key" -out "$tmp/friend.csr" 2>"$tmp/openssl.log" &&
    openssl x509 -req -in "$tmp/friend.csr" -CA "$tmp/ca.pem" -CAkey "$tmp/ca.key" -CAcreateserial \
        -days 2 -out "$tmp/friend.pem" 2>"$tmp/openssl.log" || fail "openssl x509"

policies= names=
policy() { # NAME [MEMBERS]
    policies+="{\"match\":{\"sni\":[\"$1.test\"]}${2:+,$2}},"
    names+="\"$1.test\","
}
auth() { # NAME MODE
    policy "$1" "\"client_authentication\":{\"mode\":\"$2\",\"ca\":{\"provider\":\"file\",\"pem_files\":[\"$tmp/ca.pem\"]}}"
}
policy plain
policy old '"protocol_max":"tls1.2"'
policy new '"protocol_min":"tls1.3"'
policy suite '"cipher_suites":["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256","TLS_CHACHA20_POLY1305_SHA256"]'
policy curve '"curves":["secp384r1"]'
policy alpn '"alpn":["imap","http/1.1"]'
policy drop '"drop":true'
auth request request
auth require require
auth given verify_if_given
auth both require_and_verify
config <<JSON
{"apps":{
  "layer4":{"servers":{"main":{"listen":["127.0.0.1:$PORT"],"routes":[{"handle":[
    {"handler":"tls","connection_policies":[${policies%,}]},
    {"handler":"respond","body":"HTTP/1.0 200 OK\r\n\r\nfacts {l4.tls.server_name} {l4.tls.version} {l4.tls.cipher_suite} ({l4.tls.proto} {l4.tls.proto_mutual}) {l4.tls.resumed} {l4.tls.ech} {l4.tls.client.subject.common_name}.\n"}]}]}}},
  "tls":{"certificates":{"automate":[${names%,}]},
    "automation":{"policies":[{"issuers":[{"module":"internal"}]}]}}}}
JSON
daemon
ctl ca root >"$tmp/root.pem" || fail "ca root"

# by_CLIENT NAME VERSION [IDENTITY]
by_openssl() {
    timeout 60 openssl s_client -quiet -ign_eof -connect "127.0.0.1:$PORT" -servername "$1.test" \
        -CAfile "$tmp/root.pem" -verify_hostname "$1.test" -verify_return_error "-tls${2/./_}" \
        ${3:+-cert "$tmp/$3.pem" -key "$tmp/$3.key"} </dev/null
}
mkfifo "$tmp/silence"
exec 7<>"$tmp/silence"
by_gnutls() {
    timeout 60 gnutls-cli --x509cafile "$tmp/root.pem" --sni-hostname "$1.test" \
        --verify-hostname "$1.test" --priority "NORMAL:-VERS-ALL:+VERS-TLS$2" -p "$PORT" \
        ${3:+--x509certfile "$tmp/$3.pem" --x509keyfile "$tmp/$3.key"} 127.0.0.1 <&7
}
by_curl() {
    curl -sS --http1.1 --max-time 60 --cacert "$tmp/root.pem" --tlsv"$2" --tls-max "$2" \
        --connect-to "::127.0.0.1:$PORT" ${3:+--cert "$tmp/$3.pem" --key "$tmp/$3.key"} "https://$1.test/"
}

# expect NAME VERSION IDENTITY|- PATTERN: of the facts that each client is told; "": it is refused
expect() {
    local client got
    for client in openssl gnutls curl; do
        by_$client "$1" "$2" ${3/#-/} >"$tmp/got" 2>"$tmp/$client.log"
        got=$(grep -a '^facts' "$tmp/got")
        [[ $got =~ ^${4:+facts $1\.test $4}$ ]] || fail "$client, $1, TLS $2, $3: '$got', not '$4'"
    done
}
any='[A-Z0-9_]+ \(.*\) false false '
for version in 1.2 1.3; do
    expect plain $version - "tls$version $any\."
    expect alpn $version - "tls$version $any\."
    expect curve $version - "tls$version $any\."
    expect suite $version - "tls$version TLS_.*CHACHA20_POLY1305_SHA256 \(.*"
    expect drop $version - ""
    expect unknown $version - ""
    # Four kinds of client authentication, three clients each.
    expect request $version - "tls$version $any\."
    expect request $version stranger "tls$version $any(stranger)?\."
    expect require $version - ""
    expect require $version friend "tls$version ${any}friend\."
    expect given $version - "tls$version $any\."
    expect given $version friend "tls$version ${any}friend\."
    expect both $version - ""
    expect both $version stranger ""
    expect both $version friend "tls$version ${any}friend\."
done
expect old 1.2 - "tls1.2 $any\."
expect old 1.3 - ""
expect new 1.3 - "tls1.3 $any\."
expect new 1.2 - ""

# What was agreed on, by one client that says what it wants.
same 'facts alpn.test tls1.3 TLS_AES_256_GCM_SHA384 (http/1.1 true) false false .' \
    "$(curl -s --http1.1 --max-time 60 --cacert "$tmp/root.pem" --tls13-ciphers TLS_AES_256_GCM_SHA384 \
        --connect-to "::127.0.0.1:$PORT" https://alpn.test/ | grep facts)" "ALPN and the suite"
by_openssl curve 1.3 >/dev/null 2>&1 || fail "curve"
timeout 60 openssl s_client -connect "127.0.0.1:$PORT" -servername curve.test -groups X25519:P-384 \
    </dev/null 2>&1 | grep -q 'Server Temp Key: ECDH, secp384r1' || fail "the curve"
timeout 60 openssl s_client -connect "127.0.0.1:$PORT" -servername curve.test -groups X25519:P-256 \
    </dev/null >/dev/null 2>&1 && fail "another curve"

# Twelve connections come to both workers; tickets of either are good at each, but not where clients
# show certificates, and not under another policy.
resumes() { # NAME VERSION [NAME-OF-THE-FIRST]: how many of them
    local i
    rm -f "$tmp/session"
    timeout 60 openssl s_client -quiet -ign_eof -connect "127.0.0.1:$PORT" -servername "${3:-$1}.test" \
        "-tls${2/./_}" -sess_out "$tmp/session" -cert "$tmp/friend.pem" -key "$tmp/friend.key" \
        </dev/null >/dev/null 2>&1
    for ((i = 0; i < 12; i++)); do
        timeout 60 openssl s_client -quiet -ign_eof -connect "127.0.0.1:$PORT" -servername "$1.test" \
            "-tls${2/./_}" -sess_in "$tmp/session" -cert "$tmp/friend.pem" -key "$tmp/friend.key" \
            </dev/null 2>/dev/null
    done | grep -acE "^facts $1.test tls$2 [A-Z0-9_]+ \(.*\) true "
}
for version in 1.2 1.3; do
    same 12 "$(resumes plain $version)" "sessions that were resumed, TLS $version"
    same 0 "$(resumes both $version)" "sessions with a certificate that were resumed, TLS $version"
    same 0 "$(resumes plain $version suite)" "sessions of another policy, TLS $version"
done
