#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a client's certificate says, in placeholders of layer 4: all of them, for certificates with much
# to say, with little and with too much, and none for a client without. openssl says the same.
. "$(dirname "$0")/lib.sh"
need openssl openssl
need_python

LINES=$(free_port) PEM=$(free_port)
facts=(subject.{common_name,serial,organization,organization.1,organization.7,organizational_unit.0}
    subject.{country,locality,province,street_address,postal_code.0} issuer.{common_name,organization.0}
    san.{dns_names,dns_names.0,dns_names.1,dns_names.9,emails,ips,ips.1,uris,uris.0}
    fingerprint public_key public_key_sha256 issuer serial subject certificate_der_base64
    none subject.none subject.common_name.0 san.none san.ips.x san.ips.)
server() { # PORT BODY
    printf '{"listen": ["127.0.0.1:%s"], "routes": [{"handle": [{"handler": "tls", "connection_policies":
        [{"client_authentication": {"mode": "request"}}]}, {"handler": "respond", "body": "%s"}]}]}' "$@"
}
lines=
for fact in "${facts[@]}"; do
    lines+="$fact={l4.tls.client.$fact}\\n"
done
config <<JSON
{"apps": {"layer4": {"servers": {
    "lines": $(server "$LINES" "$lines"),
    "pem": $(server "$PEM" "{l4.tls.client.certificate_pem}")}},
  "tls": {"automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
    "certificates": {"automate": ["localhost"]}}}}
JSON
daemon

certificate() { # KIND SUBJECT [OPTION…]: $tmp/client.key, $tmp/client.pem
    openssl req -x509 -newkey "$1" -nodes -days 2 -keyout "$tmp/client.key" -out "$tmp/client.pem" \
        -subj "$2" "${@:3}" 2>"$tmp/openssl.log" || fail "no certificate"
}

ask() { # PORT [OPTION…]
    timeout 60 openssl s_client -quiet -ign_eof -connect "127.0.0.1:$1" -servername localhost "${@:2}" \
        </dev/null 2>"$tmp/s_client.log"
}

show() { # the certificate; $tmp/got has the answer
    ask "$LINES" -cert "$tmp/client.pem" -key "$tmp/client.key" >"$tmp/got" || fail "s_client"
}

fact() { # NAME WANT
    grep -q "^$1=" "$tmp/got" || fail "$1 is missing"
    same "$2" "$(sed -n "s|^$1=||p" "$tmp/got")" "$1"
}

x509() { # OPTION…: of the certificate that was shown
    openssl x509 -in "$tmp/client.pem" "$@"
}

hex() {
    od -An -v -tx1 | tr -d ' \n'
}

# What every certificate has. The key itself is what stands last in its SubjectPublicKeyInfo.
whole() { # BYTES-BEFORE-THE-KEY
    show
    fact fingerprint "$(x509 -outform der | sha256sum | cut -d ' ' -f 1)"
    fact serial "$("$python" -c 'import sys; print(int(sys.argv[1][7:], 16))' "$(x509 -noout -serial)")"
    fact subject "$(x509 -noout -subject -nameopt RFC2253 | sed 's/^subject=//')"
    fact issuer "$(x509 -noout -issuer -nameopt RFC2253 | sed 's/^issuer=//')"
    fact certificate_der_base64 "$(x509 -outform der | base64 -w 0)"
    x509 -noout -pubkey | openssl pkey -pubin -outform der | tail -c "+$(($1 + 1))" >"$tmp/key"
    fact public_key "$(hex <"$tmp/key")"
    fact public_key_sha256 "$(sha256sum <"$tmp/key" | cut -d ' ' -f 1)"
    same "$(x509)" "$(ask "$PEM" -cert "$tmp/client.pem" -key "$tmp/client.key")" "the PEM"
    for name in none subject.none subject.common_name.0 san.none san.ips.x san.ips.; do
        fact $name ''
    done
}

certificate rsa:2048 '/C=CH/ST=Bern/L=Thun/O=First/O=Second/OU=Boats/CN=early/CN=alice/serialNumber=7/street=Quay 3/postalCode=3600' \
    -addext subjectAltName=DNS:a.example.com,email:a@example.com,IP:192.0.2.1,DNS:b.example.com,IP:2001:db8::1,URI:https://example.com/a
whole 24
fact subject.common_name alice
fact subject.serial 7
fact subject.organization '[First Second]'
fact subject.organization.1 Second
fact subject.organization.7 ''
fact subject.organizational_unit.0 Boats
fact subject.country '[CH]'
fact subject.locality '[Thun]'
fact subject.province '[Bern]'
fact subject.street_address '[Quay 3]'
fact subject.postal_code.0 3600
fact issuer.common_name alice
fact issuer.organization.0 First
fact san.dns_names '[a.example.com b.example.com]'
fact san.dns_names.0 a.example.com
fact san.dns_names.1 b.example.com
fact san.dns_names.9 ''
fact san.emails '[a@example.com]'
fact san.ips '[192.0.2.1 2001:db8::1]'
fact san.ips.1 2001:db8::1
fact san.uris '[https://example.com/a]'
fact san.uris.0 https://example.com/a

certificate ed25519 / -set_serial 0x00ffeeddccbbaa998877665544332211009f
whole 12
fact subject.common_name ''
fact subject.organization '[]'
fact subject.organization.1 ''
fact san.dns_names '[]'
fact san.dns_names.0 ''

# 1,000 names, more than 8 KiB: nothing of it is read.
certificate ed25519 /CN=alice -addext "subjectAltName=$(printf 'DNS:%s.example,' $(seq 1000) | sed 's/,$//')"
show
fact subject.common_name ''
fact fingerprint ''

# 100 values, more than 1 KiB.
certificate ed25519 "/CN=alice$(printf '/O=value %s' $(seq 100))"
show
fact subject.common_name ''
fact san.dns_names ''

ask "$LINES" >"$tmp/got" || fail "s_client"
fact subject.common_name ''
fact fingerprint ''
