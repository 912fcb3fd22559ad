#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Another ACME client does the ordering: uacme with the hook of the documentation, HTTP-01 and
# TLS-ALPN-01, its certificate taken up by the daemon without a reload.
. "$(dirname "$0")/lib.sh"
own_network || skip "needs root and network namespaces"
need uacme uacme
. "$(dirname "$0")/acme.bash"

ca PEBBLE_WFE_NONCEREJECT=0 # uacme gives up after a few
# uacme trusts what the system trusts.
bundle=/etc/ssl/certs/ca-certificates.crt
[ -e "$bundle" ] || skip "no authorities (Debian: ca-certificates)"
mount --bind "$tmp/ca.pem" "$bundle" || skip "cannot mount"

# The hook, as the page has it, with the socket of the test.
sed -n 's/^    //p' "$top_srcdir/docs/certificates.md" |
    awk '/^#!\/bin\/sh/ { on = 1 } on; /^exec pointsctl/ { exit }' |
    sed "s|exec pointsctl|exec $pointsctl -s $sock|" >"$tmp/hook"
grep -q 'acme challenge' "$tmp/hook" || fail "no hook in the documentation"
chmod +x "$tmp/hook"

# What the daemon serves until there is something better.
mkdir -p "$tmp/uacme/private/ext.example.com" "$tmp/uacme/ext.example.com"
cert=$tmp/uacme/ext.example.com/cert.pem key=$tmp/uacme/private/ext.example.com/key.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=first \
    -addext subjectAltName=DNS:ext.example.com -keyout "$key" -out "$cert" 2>"$tmp/openssl.log" ||
    fail "openssl req"
config <<JSON
{"apps":{
  "http":{"http_port":$HTTP,"https_port":1,"servers":{"redirects":{"listen":["127.0.0.1:$HTTP"],
    "routes":[{"handle":[{"handler":"static_response","status_code":404}]}]}}},
  "layer4":{"servers":{"main":{"listen":["127.0.0.1:$HTTPS"],"routes":[
    {"handle":[{"handler":"tls"},{"handler":"respond","body":"here"}]}]}}},
  "tls":{"certificates":{"load_files":[{"certificate":"$cert","key":"$key"}]}}}}
JSON
daemon
serves ext.example.com "$HTTPS" && fail "served already"
uacme() {
    timeout 60 uacme -v -c "$tmp/uacme" -a "$DIRECTORY" -y "$@" >>"$tmp/uacme.log" 2>&1
}
uacme new || fail "uacme new: $(cat "$tmp/uacme.log")"
fresh() { # it is what uacme has written last
    serves ext.example.com "$HTTPS" && [ "$(openssl x509 -in "$tmp/s_client" -noout -serial)" = \
        "$(openssl x509 -in "$cert" -noout -serial)" ]
}
for type in http-01 tls-alpn-01; do
    cat >"$tmp/hook-$type" <<EOF
#!/bin/sh
echo "\$1 \$2" >>"$tmp/hook.calls"
[ "\$2" = $type ] && exec "$tmp/hook" "\$@"
exit 1
EOF
    chmod +x "$tmp/hook-$type"
    rm -f "${cert%.pem}"-*.pem # old ones have the second in their names
    old=$(openssl x509 -in "$cert" -noout -serial)
    uacme -f -h "$tmp/hook-$type" issue ext.example.com || fail "uacme issue: $(cat "$tmp/uacme.log")"
    [ "$(openssl x509 -in "$cert" -noout -serial)" != "$old" ] || fail "no certificate by $type"
    wait_until 30 "the certificate by $type" fresh
    grep -q "^done $type" "$tmp/hook.calls" || fail "the answer was not taken away: $(cat "$tmp/hook.calls")"
done
