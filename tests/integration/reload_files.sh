#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A reload reads again the files that a route names, though the document has not changed: whose
# authority has been taken away must not come in. A change of something else reads nothing.
. "$(dirname "$0")/lib.sh"
need openssl openssl

authority() { # NAME: an authority and a client's certificate of it
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1 CA" \
        -keyout "$tmp/$1_ca.key" -out "$tmp/$1_ca.pem" 2>/dev/null &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
            -keyout "$tmp/$1.key" -out "$tmp/$1.csr" 2>/dev/null &&
        openssl x509 -req -in "$tmp/$1.csr" -CA "$tmp/$1_ca.pem" -CAkey "$tmp/$1_ca.key" \
            -CAcreateserial -days 2 -out "$tmp/$1.pem" 2>/dev/null || fail "no certificate for $1"
}
authority old
authority new
cp "$tmp/old_ca.pem" "$tmp/trusted.pem"

LISTEN=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "closed", "handle": [
      {"handler": "tls", "connection_policies": [{"client_authentication":
        {"ca": {"provider": "file", "pem_files": ["$tmp/trusted.pem"]}}}]},
      {"handler": "respond", "body": "hello"}]}]}}},
  "tls": {"automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
    "certificates": {"automate": ["localhost"]}}}}
JSON
daemon

says() { # CLIENT: what it is told
    timeout 20 openssl s_client -quiet -connect "127.0.0.1:$LISTEN" -servername localhost \
        -cert "$tmp/$1.pem" -key "$tmp/$1.key" </dev/null 2>/dev/null
}

same hello "$(says old)" "the old authority's"
same "" "$(says new)" "the new authority's, too early"
cp "$tmp/new_ca.pem" "$tmp/trusted.pem"
ctl route add --server main <<<'{"@id": "other", "handle": [{"handler": "close"}]}' >/dev/null ||
    fail "no route added"
same hello "$(says old)" "the old authority's after a change elsewhere"
ctl config reload >/dev/null || fail "no reload"
same "" "$(says old)" "the old authority's after a reload"
same hello "$(says new)" "the new authority's after a reload"
ctl route show '#1' | grep -q closed || fail "the route has another handle now"
