#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# More sites than are asked one by one: each name has its own answer and its own TLS, in whatever
# case it is sent, and those beside them are reached as before.
. "$(dirname "$0")/lib.sh"
need curl curl

HTTP=$(free_port) HTTPS=$(free_port)
{
    printf '{\n\tlocal_certs\n\thttp_port %s\n\thttps_port %s\n}\n' "$HTTP" "$HTTPS"
    for i in {1..20}; do
        printf 's%s.example.com, both.s%s.example.com {\n' "$i" "$i"
        printf '\ttls internal {\n\t\tprotocols %s\n\t}\n' \
            "$([ $((i % 3)) = 0 ] && echo tls1.2 tls1.2 || echo tls1.3)"
        printf '\trespond "site %s"\n}\n' "$i"
    done
    printf '*.example.com {\n\trespond "any other"\n}\n'
} >"$tmp/Caddyfile"
daemon "$tmp/Caddyfile"
ctl ca root >"$tmp/root.pem" || fail "ca root"

version() { # HOST: what is spoken there
    curl -sS --max-time 30 --cacert "$tmp/root.pem" -o /dev/null -v \
        --connect-to '::127.0.0.1:' "https://$1:$HTTPS/" 2>&1 |
        sed -n 's/.*SSL connection using \([^ ]*\).*/\1/p'
}

urls=()
for i in {1..20}; do
    urls+=("https://s$i.example.com:$HTTPS/" "https://both.S$i.Example.com:$HTTPS/")
    wanted+="site $i"$'\n'"site $i"$'\n'
done
urls+=("https://other.example.com:$HTTPS/")
wanted+="any other"
got=$(curl -sS --max-time 60 --cacert "$tmp/root.pem" -w '\n' --connect-to '::127.0.0.1:' "${urls[@]}")
same "$wanted" "$got" "the answers of all"
same TLSv1.3 "$(version s1.example.com)" "the protocol of the first"
same TLSv1.2 "$(version s18.example.com)" "the protocol of one in the middle"
same TLSv1.3 "$(version s20.example.com)" "the protocol of the last"
same TLSv1.3 "$(version other.example.com)" "the protocol of the wildcard"

# On one connection that has come for the wildcard, hosts are told apart by requests.
got=$(curl -sS --max-time 60 --cacert "$tmp/root.pem" -w '\n' --connect-to '::127.0.0.1:' \
    -H 'Host: s7.example.com' "https://other.example.com:$HTTPS/" \
    --next -sS --cacert "$tmp/root.pem" -w '\n' --connect-to '::127.0.0.1:' \
    -H 'Host: S20.example.com' "https://other.example.com:$HTTPS/")
same $'site 7\nsite 20' "$got" "other hosts on a connection"
