#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The IMAPS example as JSON, as it stands with its low ports, in a network of its own. Only the
# issuer is another one: no public CA can be asked here.
. "$(dirname "$0")/lib.sh"
. "$here/imap.bash"
need_imap
need ip iproute2
own_network || skip "this system gives no network namespace"

TLS_PORT=993 MID_PORT=143 BACKEND_PORT=1143
start_dovecot
"$python" - "$top_srcdir/examples/imaps/config.json" >"$tmp/config.json" <<'PY' || fail "python"
import json, sys
document = json.load(open(sys.argv[1]))
policies = [{"issuers": [{"module": "internal"}]}]
document["apps"].setdefault("tls", {})["automation"] = {"policies": policies}
json.dump(document, sys.stdout)
PY
daemon
CA=$tmp/root.pem
ctl ca root >"$CA" || fail "ca root"

imap_clients
imap_refusals

# The Caddyfile as it stands gives the same.
stop pointsmand QUIT || fail "the daemon's end"
sed '0,/^{/s//{\n\tlocal_certs/' "$top_srcdir/examples/imaps/Caddyfile" >"$tmp/Caddyfile"
daemon "$tmp/Caddyfile"
mark
imaps -X NOOP "imaps://$imap_name/" >/dev/null || fail "curl with the Caddyfile"
login_seen '[0-9]+' 993
