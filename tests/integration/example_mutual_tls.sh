#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example mutual_tls: curl with the certificates that the example's script makes, with none, and
# with one of somebody else.
. "$(dirname "$0")/lib.sh"
need curl curl
need openssl openssl
need_python
. "$here/example.bash"

hosts 192.168.50.1=staging.internal shop.example.com
other_machine 192.168.50.1
page staging 192.168.50.1 8080
mkdir "$tmp/files"
(cd "$tmp/files" && sh "$top_srcdir/examples/mutual_tls/certificates.sh") || fail "certificates.sh"
edit="s|clients_ca.pem|$tmp/files/&|; s|shop\.[pk]e[my]|$tmp/files/&|g"
example mutual_tls

client() { # NAME
    printf '%s\n' --cert "$tmp/files/$1.pem" --key "$tmp/files/$1.key"
}
mapfile -t developer < <(client developer)
mapfile -t visitor < <(client visitor)
certificate_for developer
stranger=(--cert "$tmp/server.pem" --key "$tmp/server.key")

for version in 1.2 1.3; do
    only=(--tls-max "$version" --tlsv"$version")
    says staging "${only[@]}" "${developer[@]}" https://localhost:8443/
    says "the shop, seen from inside" "${only[@]}" "${visitor[@]}" https://localhost:8443/
    refused "${only[@]}" https://localhost:8443/
    refused "${only[@]}" "${stranger[@]}" https://localhost:8443/
done
says "a site without client certificates" https://localhost/
says "the shop" --cacert "$tmp/files/shop.pem" https://shop.example.com/
says "the shop, seen from inside" http://shop.example.com/
