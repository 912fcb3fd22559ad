#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a client's certificate says, in placeholders of layer 4: all of them, for certificates with much
# to say and with little, and none for a client without.
. "$(dirname "$0")/lib.sh"
need openssl openssl

PORT=$(free_port)
facts=(subject.{common_name,serial,organization,organization.1,organization.7,organizational_unit,country}
    subject.{locality,province,street_address,postal_code.0} issuer.common_name issuer.organization.0
    san.{dns_names,dns_names.0,dns_names.1,dns_names.9,emails,ips,ips.1,uris.0,uris}
    fingerprint public_key public_key_sha256 issuer serial subject certificate_der_base64 certificate_pem
    none subject.none san.none san.ips.x)
body=$(printf '%s={l4.tls.client.%s}\\n' $(for fact in "${facts[@]}"; do echo "$fact $fact"; done))
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$PORT"], "routes": [{"handle": [
    {"handler": "tls", "connection_policies": [{"client_authentication": {"mode": "request"}}]},
    {"handler": "respond", "body": "$body"}]}]}}},
  "tls": {"automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
    "certificates": {"automate": ["localhost"]}}}}
JSON
daemon

certificate() { # NAME KIND SUBJECT [OPTION…]
    openssl req -x509 -newkey "$2" -nodes -days 2 -keyout "$tmp/$1.key" -out "$tmp/$1.pem" -subj "$3" \
        "${@:4}" 2>"$tmp/openssl.log" || fail "no certificate"
}

ask() { # OPTION…: $tmp/got has the answer
    timeout 20 openssl s_client -quiet -connect "127.0.0.1:$PORT" -servername localhost -ign_eof "$@" \
        </dev/null >"$tmp/got" 2>"$tmp/s_client.log" || fail "s_client"
}

fact() { # NAME WANT
    same "$2" "$(sed -n "s|^$1=||p" "$tmp/got")" "$1"
}

x509() { # OPTION…: of the certificate that was shown
    openssl x509 -in "$tmp/$name.pem" -noout "$@" | sed 's/^[A-Za-z0-9 ]*=//'
}

# The same for every certificate, as openssl says it.
whole() {
    fact fingerprint "$(x509 -fingerprint -sha256 | tr -d : | tr A-F a-f)"
    fact serial "$("$python" -c 'import sys; print(int(sys.argv[1], 16))' "$(x509 -serial)")"
    fact certificate_der_base64 "$(openssl x509 -in "$tmp/$name.pem" -outform der | base64 -w 0)"
    same "$(cat "$tmp/$name.pem")" "$(sed -n '/^certificate_pem=/,/END/s/^certificate_pem=//p' "$tmp/got")
$(sed -n '1,/^certificate_pem=/d; /^none=/q; p' "$tmp/got" | sed '/^$/d')" "the PEM"
}
