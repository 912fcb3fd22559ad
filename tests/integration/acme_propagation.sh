#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# DNS-01: the CA is not told before the TXT record is at every name server of its zone, or at each
# of the resolvers that are named. What is never seen is told of.
. "$(dirname "$0")/lib.sh"
own_network || skip "needs root and network namespaces"
. "$(dirname "$0")/acme.bash"

# The system's name server is the stub, which is the zone's two servers, too.
mkdir "$tmp/zone"
touch "$tmp/zone/asked"
echo "nameserver 127.0.0.1" >"$tmp/resolv.conf"
mount --bind "$tmp/resolv.conf" /etc/resolv.conf || skip "cannot replace /etc/resolv.conf"
cat >"$tmp/zone/records" <<EOF
example.com SOA ns1.example.net
example.com NS ns1.example.net
example.com NS ns2.example.net
ns1.example.net A 127.0.0.2
ns2.example.net A 127.0.0.3
alias.example.org SOA ns1.example.net
_acme-challenge.alias.example.org CNAME _acme-challenge.real.example.com
EOF
RESOLVER=$(free_port)
start dns_stub "$python" "$here/dns_stub.py" "$tmp/zone" \
    127.0.0.1:53 127.0.0.2:53 127.0.0.3:53 "127.0.0.4:$RESOLVER"
wait_until 10 "the name servers" [ -e "$tmp/zone/ready" ]

# Sets the record at the stub, and at the CA's own name server.
cat >"$tmp/hook" <<EOF
#!/bin/bash
[ \$1 = add ] || exit 0
echo "\${2/alias.example.org/real.example.com} TXT \$3" >>"$tmp/zone/records"
exec curl -fsS -d "{\"host\":\"\$2.\",\"value\":\"\$3\"}" http://127.0.0.1:$DNS_MANAGEMENT/set-txt
EOF
chmod +x "$tmp/hook"
ca
configure() { # NAME [DNS-OPTIONS]
    managed "[\"$1\"]" "\"issuers\":[{\"module\":\"acme\",\"ca\":\"$DIRECTORY\",
        \"trusted_roots_pem_files\":[\"$tmp/ca.pem\"],\"challenges\":{\"dns\":{
        \"provider\":{\"name\":\"hook\",\"command\":[\"$tmp/hook\"]}${2:-}}}}]" | config
}
state() { # NAME
    ctl -j cert show "$1" | "$python" -c 'import json, sys; print(json.load(sys.stdin)["state"])'
}
asked() { # ADDRESS NAME [TIMES]
    [ "$(grep -cx "$1 TXT _acme-challenge.$2" "$tmp/zone/asked")" -ge "${3:-1}" ]
}

# The second server has it later.
echo 127.0.0.3 >"$tmp/zone/hidden"
configure www.example.com
daemon
wait_until 30 "the second server to be asked again" asked 127.0.0.3 www.example.com 2
asked 127.0.0.2 www.example.com || fail "the first server was not asked"
same missing "$(state www.example.com)" "the certificate before the record is everywhere"
rm "$tmp/zone/hidden"
wait_served www.example.com "$HTTPS" 30

# A name that stands for another: the servers of the other one's zone are asked.
configure alias.example.org
ctl config reload >"$tmp/reload.log" || fail "reload"
wait_served alias.example.org "$HTTPS" 30
asked 127.0.0.3 real.example.com || fail "the alias was not followed"

# Resolvers: they and nobody else.
echo 127.0.0.4 >"$tmp/zone/hidden"
configure two.example.com ",\"resolvers\":[\"127.0.0.4:$RESOLVER\"]"
ctl config reload >"$tmp/reload.log" || fail "reload"
wait_until 30 "the resolver to be asked" asked 127.0.0.4 two.example.com
rm "$tmp/zone/hidden"
wait_served two.example.com "$HTTPS" 30
asked 127.0.0.2 two.example.com && fail "another server was asked"

# Not seen in time: the CA is not told, the reason is.
echo 127.0.0.2 >"$tmp/zone/hidden"
configure never.example.com ',"propagation_timeout":"5s"'
ctl config reload >"$tmp/reload.log" || fail "reload"
wait_log pointsmand "_acme-challenge.never.example.com' was not seen within 5s.*ns1.example.net" 30
same missing "$(state never.example.com)" "the certificate whose record was not seen"

# Not looked for.
configure blind.example.com ',"propagation_timeout":-1'
ctl config reload >"$tmp/reload.log" || fail "reload"
wait_served blind.example.com "$HTTPS" 30
grep -q blind "$tmp/zone/asked" && fail "the record was looked for"

configure x.example.com ',"resolvers":["ns1.example.net"]'
ctl config reload >"$tmp/refused.log" 2>&1 && fail "a resolver's name was taken"
grep -q "challenges.dns.resolvers\[0\]: must be a name server's IP address" "$tmp/refused.log" ||
    fail "the complaint: $(cat "$tmp/refused.log")"
