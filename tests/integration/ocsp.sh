#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# OCSP stapling against openssl's responder: a start does not wait for it, a response is fetched
# when it can be had, checked, stapled in TLS 1.2 and 1.3, kept over a restart; a wrong signer, a
# revoked certificate and `ocsp_stapling off` staple nothing.
. "$(dirname "$0")/lib.sh"
need openssl openssl
need gnutls-cli gnutls-bin

PORT=$(free_port) OCSP=$(free_port)
cd "$tmp" || exit 1
req() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@" 2>>openssl.log; }
ca() { # NAME
    req -x509 -days 5 -subj "/CN=$1" -keyout "$1.key" -out "$1.crt"
}
{ ca root && ca other; } || fail "openssl req"
cat >ext <<EOF_
subjectAltName=DNS:site.example
authorityInfoAccess=caIssuers;URI:http://127.0.0.1:$OCSP/ca,OCSP;URI:http://127.0.0.1:$OCSP/
EOF_
echo extendedKeyUsage=OCSPSigning >signing
issue() { # NAME SERIAL EXTENSIONS
    req -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" &&
        openssl x509 -req -days 2 -in "$1.csr" -CA root.crt -CAkey root.key -set_serial "$2" \
            -extfile "$3" -out "$1.crt" 2>>openssl.log
}
{ issue leaf 5 ext && issue signer 6 signing; } || fail "openssl x509"
cat leaf.crt root.crt >chain.crt

index() { # STATE REVOKED-AT
    printf '%s\t301231235959Z\t%s\t05\tunknown\t/CN=leaf\n' "$1" "$2" >index.txt
    printf 'unique_subject = no\n' >index.txt.attr
}
responder() { # CA-FOR-SIGNING
    start "responder$1" openssl ocsp -index index.txt -port "$OCSP" -CA root.crt \
        -rsigner "$1.crt" -rkey "$1.key" -ndays 1 -ignore_err
    wait_until 30 "the responder" listening "$OCSP"
}
index V ''

document() { # OFF
    config <<JSON
{"apps": {
    "layer4": {"servers": {"main": {"listen": ["127.0.0.1:$PORT"], "routes": [
        {"match": [{"tls": {}}], "handle": [{"handler": "tls"}, {"handler": "echo"}]}]}}},
    "tls": {"disable_ocsp_stapling": $1, "certificates": {
        "load_files": [{"certificate": "$tmp/chain.crt", "key": "$tmp/leaf.key"}]}}
}}
JSON
}
status() { # [OPTION…]
    openssl s_client -connect "127.0.0.1:$PORT" -servername site.example -CAfile root.crt -status \
        "$@" </dev/null 2>/dev/null
}
staples() { status "$@" | grep -q 'Cert Status: good'; }
staples_nothing() { status "$@" | grep -q 'OCSP response: no response sent'; }

document false
daemon
staples_nothing || fail "a response without a responder"
wait_log pointsmand "no OCSP response to staple"

# One that another CA signs is not taken; one of the issuer's delegate is.
responder other
wait_log pointsmand "not signed by the certificate's issuer" 30
staples_nothing || fail "a response of a stranger"
stop responderother KILL
responder signer
wait_until 60 "a response" staples
staples -tls1_2 || fail "no response in TLS 1.2"
gnutls-cli --x509cafile root.crt --ocsp --port "$PORT" --sni-hostname site.example \
    --verify-hostname site.example 127.0.0.1 </dev/null >gnutls.log 2>&1
grep -q 'status is trusted\|certificate is trusted' gnutls.log || fail "gnutls-cli: $(cat gnutls.log)"
ctl cert show site.example | grep -i staple | grep -q 20 || fail "cert show tells nothing of it"
stop "respondersigner" KILL

# It is kept, and a reload does not lose it.
kill -HUP "${pids[pointsmand]}"
wait_log pointsmand "revision 2 is in force"
staples || fail "a reload lost the response"
stop pointsmand || fail "the daemon's end"
daemon
wait_until 30 "the response that was kept" staples
stop pointsmand || fail "the daemon's end"

# A damaged one is not.
for file in "$tmp"/state/ocsp/*.der; do printf x | dd of="$file" bs=1 seek=200 conv=notrunc 2>/dev/null; done
index R "$(date -u +%y%m%d%H%M%SZ)"
responder root
daemon
wait_log pointsmand "a certificate is revoked" 30
staples_nothing || fail "a revoked certificate's response, or a damaged one"
stop pointsmand || fail "the daemon's end"

index V ''
stop responderroot KILL
responder root
rm "$tmp"/state/ocsp/*.der
daemon
wait_until 60 "a response of the issuer" staples
document true
kill -HUP "${pids[pointsmand]}"
wait_until 30 "no response any more" staples_nothing
stop pointsmand || fail "the daemon's end"
daemon
sleep 1
staples_nothing || fail "a response where stapling is off"
exit 0
