#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Certificates on demand: the endpoint is asked once for a name, however many clients want it; a no
# is remembered, an endpoint that fails or hangs refuses; names that were allowed stay over a reload
# and go when the document has them on demand no more; without an endpoint it is refused at load.
. "$(dirname "$0")/lib.sh"
need curl curl
need_python

HTTPS=$(free_port) HTTP=$(free_port) ASK=$(free_port)
export HTTPS ASK

# GET /ask?domain=NAME: yes for good*, never an answer for slow*, else 403. Each is a line of asked.
cat >"$tmp/endpoint.py" <<'PY'
import http.server, sys, time, urllib.parse
class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        name = query["domain"][0]
        with open(sys.argv[2], "a", encoding="utf-8") as asked:
            asked.write(f"{url.path} {query.get('key', ['-'])[0]} {name}\n")
        if name.startswith("slow"):
            time.sleep(60)
        self.send_response(200 if name.startswith("good") else 302 if name.startswith("moved") else 403)
        if name.startswith("moved"):
            self.send_header("Location", "/ask?domain=good.example.com")
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Endpoint).serve_forever()
PY
: >"$tmp/asked"
endpoint() {
    start endpoint "$python" "$tmp/endpoint.py" "$ASK" "$tmp/asked"
    wait_until 10 "the endpoint" listening "$ASK"
}

caddyfile() { # [TLS]: the block of the catch-all site
    cat >"$tmp/Caddyfile" <<CADDY
{
	http_port $HTTP
	https_port $HTTPS
	on_demand_tls {
		ask http://127.0.0.1:$ASK/ask?key=1
	}
}
https:// {
	tls internal {
		${1:-on_demand}
	}
	respond "on demand"
}
localhost {
	respond "always"
}
CADDY
}

get() { # NAME
    curl -s --max-time 20 --cacert "$tmp/root.pem" --connect-to '::127.0.0.1:' "https://$1:$HTTPS/"
}

asked() { # NAME: how often
    grep -c "^/ask 1 $1\$" "$tmp/asked"
}

endpoint
caddyfile
daemon "$tmp/Caddyfile"
ctl ca root >"$tmp/root.pem" || fail "ca root"
same always "$(get localhost)" "a site that is named"
same "on demand" "$(get good1.example.com)" "a name that is allowed"
same "on demand" "$(get GOOD1.example.com)" "the same again"
same 1 "$(asked good1.example.com)" "questions about one name"
same "" "$(get bad.example.com)" "a name that is not allowed"
same "" "$(get bad.example.com)" "the same again"
same 1 "$(asked bad.example.com)" "questions about a name that was refused"
same "" "$(get moved.example.com)" "a redirect"
same "" "$(get 127.0.0.1)" "no name"
same "" "$(get 10.1.2.3)" "an address"
[ "$(grep -c . "$tmp/asked")" = 3 ] || fail "something else was asked for: $(cat "$tmp/asked")"
ctl cert ls | grep -q '^good1.example.com' || fail "cert ls: $(ctl cert ls)"

# --- many clients at once, over all workers --------------------------------------------------------
"$python" - <<'PY' || fail "clients at the same time"
import socket, ssl, threading
from peers import *

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
results = []

def client():
    with socket.create_connection(("127.0.0.1", port("HTTPS")), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname="good2.example.com") as session:
            results.append(session.version())

threads = [threading.Thread(target=client) for _ in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(30)
assert len(results) == 40, results
PY
same 1 "$(asked good2.example.com)" "questions by many clients"

# --- clients that leave meanwhile, an endpoint that hangs ------------------------------------------
curl -s -k --max-time 1 --connect-to '::127.0.0.1:' "https://slow1.example.com:$HTTPS/" && fail "slow"
curl -s -k --max-time 20 --connect-to '::127.0.0.1:' "https://slow2.example.com:$HTTPS/" &&
    fail "a name about which nothing was said"
same always "$(get localhost)" "a site meanwhile"
stop endpoint
same "" "$(get good3.example.com)" "an endpoint that is gone"
wait_log pointsmand 'on demand is not allowed name=good3.example.com reason='
endpoint

# --- reloads ----------------------------------------------------------------------------------------
ctl config reload || fail "reload"
same "on demand" "$(get good1.example.com)" "a name that was allowed, after a reload"
same 1 "$(asked good1.example.com)" "questions after a reload"
caddyfile 'protocols tls1.2 tls1.3'
ctl config reload || fail "reload without"
same "" "$(get good4.example.com)" "a name when nothing is on demand"
same 0 "$(asked good4.example.com)" "questions when nothing is on demand"
not_served() {
    [ -z "$(get good1.example.com)" ]
}
wait_until 40 "the certificate to go" not_served
caddyfile
ctl config reload || fail "reload with it again"
same "on demand" "$(get good1.example.com)" "a name that is wanted again"
same 2 "$(asked good1.example.com)" "questions when it is wanted again"

# --- refused at load --------------------------------------------------------------------------------
sed -i '/on_demand_tls {/,/^\t}/d' "$tmp/Caddyfile"
"$pointsmand" validate --config "$tmp/Caddyfile" >"$tmp/err" 2>&1 && fail "taken without an endpoint"
grep -q "apps.tls.automation: certificates on demand need an endpoint" "$tmp/err" || fail "$(cat "$tmp/err")"
