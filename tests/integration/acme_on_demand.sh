#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A certificate on demand by ACME: the handshake that asks for it waits and succeeds; after a restart
# the one that is kept is served; one that cannot be had fails within the handshake's time.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

ASK=$(free_port)
cat >"$tmp/endpoint.py" <<'PY'
import http.server, sys
class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Endpoint).serve_forever()
PY
start endpoint "$python" "$tmp/endpoint.py" "$ASK"
wait_until 10 "the endpoint" listening "$ASK"
ca
cat >"$tmp/Caddyfile" <<CADDY
{
	http_port $HTTP
	https_port $HTTPS
	acme_ca $DIRECTORY
	acme_ca_root $tmp/ca.pem
	on_demand_tls {
		ask http://127.0.0.1:$ASK/
	}
}
https:// {
	tls {
		on_demand
	}
	respond "on demand"
}
CADDY
daemon "$tmp/Caddyfile"
get() { # NAME
    curl -s --max-time 30 --cacert "$tmp/issued.pem" --connect-to '::127.0.0.1:' "https://$1:$HTTPS/"
}
# A loaded machine may need longer than a handshake waits: the next client finds it.
served() {
    [ "$(get first.example.com)" = "on demand" ]
}
wait_until 60 "a certificate by ACME" served
[ -s "$tmp/state/certificates/first.example.com.pem" ] || fail "it is not kept"
stop ca
stop pointsmand || fail "the end of the daemon"
daemon "$tmp/Caddyfile"
wait_until 20 "the certificate that is kept" served
same "" "$(get second.example.com)" "a name without a CA"
wait_log pointsmand 'handshake.*timeout|no certificate for the server name' 20
