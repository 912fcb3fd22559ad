#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The IMAPS example as JSON, exactly as it stands with its low ports, in a network of its own.
. "$(dirname "$0")/lib.sh"
. "$here/imap.bash"
need_imap
need ip iproute2
own_network || skip "this system gives no network namespace"

TLS_PORT=993 MID_PORT=143 BACKEND_PORT=1143
start_dovecot
daemon "$top_srcdir/examples/imaps/config.json"
CA=$tmp/root.pem
ctl ca root >"$CA" || fail "ca root"

imap_clients
imap_refusals

# The Caddyfile as it stands gives the same.
stop pointsmand QUIT || fail "the daemon's end"
daemon "$top_srcdir/examples/imaps/Caddyfile"
mark
imaps -X NOOP "imaps://$imap_name/" >/dev/null || fail "curl with the Caddyfile"
login_seen '[0-9]+' 993
