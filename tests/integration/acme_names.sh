#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Several names in one certificate (one_certificate), each validated in its own way of a site; a
# name more is another certificate, and the old one serves until it is there. A Caddyfile with the
# global options for ACME gets one certificate a name.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

ca
managed '["a.example.com","b.example.com","c.example.com"]' \
    '"one_certificate":true,"key_type":"p384","issuers":['"$(acme_issuer)]" | config
daemon
names() { openssl x509 -in "$tmp/s_client" -noout -ext subjectAltName | sed -n 's/^ *//; s/DNS://gp'; }
for name in b.example.com a.example.com c.example.com; do
    wait_served $name "$HTTPS"
    same 'a.example.com, b.example.com, c.example.com' "$(names)" "the names of the certificate"
done
openssl x509 -in "$tmp/s_client" -noout -text | grep -q 'secp384r1' || fail "not a key of P-384"
wait_log pointsmand 'certificate obtained'
same 1 "$(grep -c 'certificate obtained' "$tmp/pointsmand.log")" "certificates"
ctl cert show c.example.com | grep -q '^name *a.example.com' || fail "cert show of another name"

managed '["a.example.com","b.example.com","d.example.com"]' \
    '"one_certificate":true,"key_type":"p384","issuers":['"$(acme_issuer)]" | config
kill -HUP "${pids[pointsmand]}"
for ((i = 0; i < 100; i++)); do
    serves a.example.com "$HTTPS" || fail "a handshake failed while the names changed"
    [ "$(names)" = 'a.example.com, b.example.com, d.example.com' ] && break
done
[ $i -lt 100 ] || fail "no certificate with the name that was added"

# A document that is refused changes nothing about the names of the one in force.
start busy "$python" -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)' "$(free_port | tee "$tmp/busy")"
wait_until 30 "the port to be taken" listening "$(cat "$tmp/busy")"
managed '["a.example.com","z.example.com"]' '"one_certificate":true,"issuers":['"$(acme_issuer)]" |
    sed "s/127.0.0.1:$HTTPS/127.0.0.1:$(cat "$tmp/busy")/" | config
kill -HUP "${pids[pointsmand]}"
wait_log pointsmand 'nothing changed'
sleep 1
grep -q z.example.com "$tmp/ca.log" && fail "a name of a document that was refused was ordered"
stop pointsmand

cat >"$tmp/Caddyfile" <<EOF_
{
	acme_ca $DIRECTORY
	acme_ca_root $tmp/ca.pem
	email ops@example.com
	http_port $HTTP
	https_port $HTTPS
}
e.example.com, f.example.com {
	respond "sites"
}
EOF_
daemon "$tmp/Caddyfile"
for name in e.example.com f.example.com; do
    wait_served $name "$HTTPS"
    same "$name" "$(names)" "the names of a site's certificate"
done
