#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The IMAPS example with a certificate by ACME: the site block's name is obtained by HTTP-01, and
# mail clients that trust the CA read their mail through both hops.
. "$(dirname "$0")/lib.sh"
. "$here/imap.bash"
need_imap
. "$here/acme.bash"

TLS_PORT=$(free_port) MID_PORT=$(free_port) BACKEND_PORT=$(free_port)
sed -e "s/localhost:143\b/localhost:$MID_PORT/; s/localhost:1143\b/localhost:$BACKEND_PORT/" \
    -e "s/^\(\s*\):993 /\1:$TLS_PORT /; s/^\(\s*\):143 /\1:$MID_PORT /" \
    -e "0,/^{/s||{\n\tacme_ca $DIRECTORY\n\tacme_ca_root $tmp/ca.pem\n\thttp_port $HTTP\n\thttps_port $HTTPS|" \
    "$top_srcdir/examples/imaps/Caddyfile" >"$tmp/Caddyfile"
ca
start_dovecot
daemon "$tmp/Caddyfile"
wait_served imap.example.com "$TLS_PORT"
CA=$tmp/issued.pem

imap_clients
imap_refusals
