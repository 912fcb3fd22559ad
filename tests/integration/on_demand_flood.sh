#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Hellos for thousands of names on demand, while the endpoint hangs, floods or denies: sites that are
# named serve on, the control socket answers, memory stays small, and afterwards a name is allowed.
. "$(dirname "$0")/lib.sh"
need curl curl
need_python

HTTPS=$(free_port) HTTP=$(free_port) ASK=$(free_port)
export HTTPS ASK

# What it does with questions is in the file mode.
cat >"$tmp/endpoint.py" <<'PY'
import http.server, sys, threading, time
class Endpoint(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        mode = open(sys.argv[2], encoding="ascii").read().strip()
        Endpoint.asked += 1
        print(mode, Endpoint.asked, threading.active_count(), flush=True)
        if mode == "hang":
            time.sleep(60)
        self.send_response(200 if mode != "deny" else 403)
        self.send_header("Content-Length", "99999999999" if mode == "flood" else "0")
        self.end_headers()
        while mode == "flood":
            self.wfile.write(b" " * 65536)
    def log_message(self, *args):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *args):
        pass
Server(("127.0.0.1", int(sys.argv[1])), Endpoint).serve_forever()
PY
mode() {
    echo "$1" >"$tmp/mode.new"
    mv "$tmp/mode.new" "$tmp/mode"
}
mode hang
start endpoint "$python" "$tmp/endpoint.py" "$ASK" "$tmp/mode"
wait_until 10 "the endpoint" listening "$ASK"
cat >"$tmp/Caddyfile" <<CADDY
{
	http_port $HTTP
	https_port $HTTPS
	on_demand_tls {
		ask http://127.0.0.1:$ASK/ask
	}
}
https:// {
	tls internal {
		on_demand
	}
	respond "on demand"
}
localhost {
	respond "always"
}
CADDY
daemon "$tmp/Caddyfile"
ctl ca root >"$tmp/root.pem" || fail "ca root"
get() { # NAME
    curl -s --max-time 30 --cacert "$tmp/root.pem" --connect-to '::127.0.0.1:' "https://$1:$HTTPS/"
}
same always "$(get localhost)" "a site that is named"
memory() { awk '/^VmHWM/ { print $2 }' "/proc/${pids[pointsmand]}/status"; }
before=$(memory)

# flood MODE COUNT: so many hellos, 200 at once; each leaves when its turn is over.
cat >"$tmp/flood.py" <<'PY'
import collections, os, socket, ssl, sys
context = ssl.create_default_context()
open_ones = collections.deque()
for i in range(int(sys.argv[2])):
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=f"{sys.argv[1]}{i}.example.com").do_handshake()
    except ssl.SSLWantReadError:
        pass
    s = socket.create_connection(("127.0.0.1", int(os.environ["HTTPS"])), 30)
    s.sendall(out.read())
    open_ones.append(s)
    if len(open_ones) > 200:
        open_ones.popleft().close()
print("flooded")
PY
# What still hangs leaves no room for other questions.
asked() { # MODE
    curl -sk --max-time 1 --connect-to '::127.0.0.1:' "https://$1$RANDOM.example.com:$HTTPS/"
    grep -q "^$1" "$tmp/endpoint.log"
}
for mode in hang flood deny; do
    mode $mode
    wait_until 60 "the endpoint to be asked in mode $mode" asked $mode
    start "flood-$mode" "$python" "$tmp/flood.py" "$mode" 3000
    for ((i = 0; i < 10; i++)); do
        same always "$(get localhost)" "a site while the endpoint does $mode"
        ctl -t 10s status >/dev/null || fail "the control socket while the endpoint does $mode"
    done
    wait_log "flood-$mode" flooded 120
done

# Questions at once: eight connections to one server at the most (and the server's own thread).
most=$(awk '$1 == "hang" && $3 > n { n = $3 } END { print n }' "$tmp/endpoint.log")
[ "$most" -le 9 ] || fail "$((most - 1)) questions at once"
logged pointsmand 'on demand is allowed' && fail "a certificate was allowed by nobody"
mode allow
served() { [ "$(get good.example.com)" = "on demand" ]; }
wait_until 60 "a name that is allowed at last" served
if [ "$(awk '/^VmSize/ { print $2 }' "/proc/${pids[pointsmand]}/status")" -lt 1000000000 ]; then
    grown=$(($(memory) - before))
    [ $grown -lt 65536 ] || fail "memory has grown by $grown KiB"
fi
