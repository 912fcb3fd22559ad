#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The IMAPS example as a Caddyfile, on high ports with local_certs: curl, imaplib and mbsync read
# mail over TLS, and Dovecot logs the true client through both hops.
. "$(dirname "$0")/lib.sh"
. "$here/imap.bash"
need_imap

TLS_PORT=$(free_port) MID_PORT=$(free_port) BACKEND_PORT=$(free_port)
HTTP=$(free_port) HTTPS=$(free_port)
sed -e "s/localhost:143\b/localhost:$MID_PORT/; s/localhost:1143\b/localhost:$BACKEND_PORT/" \
    -e "s/^\(\s*\):993 /\1:$TLS_PORT /; s/^\(\s*\):143 /\1:$MID_PORT /" \
    -e "0,/^{/s//{\n\tlocal_certs\n\thttp_port $HTTP\n\thttps_port $HTTPS/" \
    "$top_srcdir/examples/imaps/Caddyfile" >"$tmp/Caddyfile"
start_dovecot
daemon "$tmp/Caddyfile"
CA=$tmp/root.pem
ctl ca root >"$CA" || fail "ca root"

imap_clients
imap_refusals

# The site block's own answer, with the same certificate.
out=$(curl -sS --max-time 30 --cacert "$CA" --connect-to "$imap_name:443:127.0.0.1:$HTTPS" \
    "https://$imap_name/") || fail "the site"
same OK "$out" "the site's answer"
