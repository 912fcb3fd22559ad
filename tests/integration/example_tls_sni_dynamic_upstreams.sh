#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example tls_sni_dynamic_upstreams: the name in the handshake is the server that answers; a name of
# this machine itself is not dialled.
. "$(dirname "$0")/lib.sh"
need curl curl
need openssl openssl
need_python
. "$here/example.bash"

names=(blue.shop.example.com green.shop.example.com else.example.org)
hosts 192.168.50.1=blue.shop.internal 192.168.50.2=green.shop.internal \
    192.168.50.3=else.example.org self.example.org
other_machine 192.168.50.{1,2,3}
certificate_for "${names[@]}" self.example.org red.shop.example.com
page blue 192.168.50.1 443 "$tmp/server.key" "$tmp/server.pem"
page green 192.168.50.2 443 "$tmp/server.key" "$tmp/server.pem"
page else 192.168.50.3 443 "$tmp/server.key" "$tmp/server.pem"
example tls_sni_dynamic_upstreams

root=$tmp/server.pem # of those who end TLS
here443=(--connect-to ::127.0.0.1:443)
for name in "${names[@]}"; do
    says "${name%%.*}" "${here443[@]}" "https://$name/"
done
refused "${here443[@]}" https://self.example.org/
refused "${here443[@]}" https://red.shop.example.com/
refused http://127.0.0.1:443/
wait_log pointsmand 'upstream=tcp/blue.shop.internal:443'
wait_log pointsmand 'refused: an address that the connection may not choose'
