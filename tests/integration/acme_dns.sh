#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A wildcard by DNS-01, its record set and removed by a hook program, with a CA that binds accounts
# to others (EAB). A hook that fails is told of with what it has said. Then the certificate is
# revoked and the account gets another key.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

cat >"$tmp/hook" <<EOF
#!/bin/bash
# add|del NAME VALUE
echo "\$*" >>"$tmp/hook.calls"
[ -e "$tmp/broken" ] && echo "the DNS is in flames" && exit 3
case \$2 in
add) exec curl -fsS -d "{\"host\":\"\$3.\",\"value\":\"\$4\"}" http://127.0.0.1:$DNS_MANAGEMENT/set-txt ;;
del) exec curl -fsS -d "{\"host\":\"\$3.\"}" http://127.0.0.1:$DNS_MANAGEMENT/clear-txt ;;
esac
exit 9
EOF
chmod +x "$tmp/hook"
EAB=true
ca
touch "$tmp/broken"
external='"external_account":{"key_id":"kid-1","mac_key":"zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}'
dns='"dns":{"provider":{"name":"hook","command":["'$tmp/hook'","zone"]},"propagation_delay":"100ms","resolvers":["127.0.0.1:'$DNS_PORT'"]}'
config <<EOF
{"apps":{
  "layer4":{"servers":{"main":{"listen":["127.0.0.1:$HTTPS"],"routes":[
    {"handle":[{"handler":"tls"},{"handler":"respond","body":"here"}]}]}}},
  "tls":{"certificates":{"automate":["*.example.com"]},"automation":{"policies":[
    {"key_type":"rsa2048","issuers":[{"module":"acme","ca":"$DIRECTORY",
      "trusted_roots_pem_files":["$tmp/ca.pem"],$external,"challenges":{$dns}}]}]}}}}
EOF
daemon
wait_log pointsmand 'no certificate yet.*hook.*ended with status 3: the DNS is in flames'
show() { # KEY
    ctl -j cert show '*.example.com' |
        "$python" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}
same missing "$(show state)" "the state of a certificate that is not there"
show error | grep -q 'in flames' || fail "cert show does not tell of the failure"

rm "$tmp/broken"
ctl cert renew '*.example.com' || fail "cert renew"
wait_served www.example.com "$HTTPS"
openssl x509 -in "$tmp/s_client" -noout -text | grep -q 'Public-Key: (2048 bit)' ||
    fail "not an RSA key of 2048 bits"
wait_until 30 "the record's removal" grep -q '^zone del _acme-challenge.example.com ' "$tmp/hook.calls"
grep -qE '^zone add _acme-challenge\.example\.com [A-Za-z0-9_-]{43}$' "$tmp/hook.calls" ||
    fail "the hook's words: $(cat "$tmp/hook.calls")"
same None "$(show error)" "the error after success"
same "$DIRECTORY" "$(show issuer)" "the issuer"

# Revoked, and replaced by another one at once.
serial=$(show serial)
ctl -j cert revoke '*.example.com' keyCompromise | grep -qE '^\{"rev":[0-9]+\}$' || fail "cert revoke"
replaced() { [ "$(show serial)" != "$serial" ]; }
wait_until 30 "another certificate" replaced
grep -q 'revoke-cert' "$tmp/ca.log" || fail "the CA was not asked to revoke"

# Another key for the account, by which orders go on.
key=$(cat "$tmp"/state/acme/*/*/account.pem)
ctl -j acme rekey '*.example.com' | grep -qE '^\{"rev":[0-9]+\}$' || fail "acme rekey"
[ "$(cat "$tmp"/state/acme/*/*/account.pem)" != "$key" ] || fail "the key is still the same"
serial=$(show serial)
ctl cert renew '*.example.com' || fail "cert renew with the new key"
wait_until 30 "a certificate by the new key" replaced
same 1 "$(ctl -j cert ls --expires-within 2000d | grep -c '"name"')" "those that expire"
same 0 "$(ctl -j cert ls --expires-within 30d | grep -c '"name"')" "those that expire soon"
ctl cert ls | grep -q "example.com.*valid" || fail "cert ls: $(ctl cert ls)"

# A change of keys that was cut off after the CA had heard of it: the new key lies beside the old.
folder=$(echo "$tmp"/state/acme/*/*)
stop pointsmand
cp "$folder/account.pem" "$folder/account-new.pem"
printf '%s\n' "$key" >"$folder/account.pem"
daemon
serial=$(show serial)
ctl cert renew '*.example.com' || fail "cert renew after a change of keys that was cut off"
wait_until 30 "a certificate by the new key after that" replaced
[ ! -e "$folder/account-new.pem" ] || fail "the new key is still beside the other"
[ "$(cat "$folder/account.pem")" != "$key" ] || fail "the new key was not taken up"
same 1 "$(grep -c 'There are now . accounts' "$tmp/ca.log")" "accounts"
