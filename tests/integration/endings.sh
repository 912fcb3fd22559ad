#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every ending has its reason in the access line: who ended, which time passed, what was full.
. "$(dirname "$0")/lib.sh"
need_python

servers="fin idle age plain none spoken small quick"
for server in $servers BACKEND; do
    export "$server=$(free_port)"
done

# proxy_with NAME OPTIONS: a server with one route.
proxy_with() {
    printf '"%s": {"listen": ["127.0.0.1:%s"], "routes": [{"handle": [{"handler": "proxy", %s
        "upstreams": [{"dial": ["127.0.0.1:%s"]}]}]}]},' "$1" "${!1}" "$2" "$BACKEND"
}

config <<JSON
{"apps": {"http": {"grace_period": "300ms"}, "layer4": {"servers": {
    $(proxy_with fin '"fin_timeout": "300ms",')
    $(proxy_with idle '"tcp_idle_timeout": "2s",')
    $(proxy_with age '"max_age": "2s",')
    $(proxy_with plain '')
    "none": {"listen": ["127.0.0.1:$none"], "routes": [
        {"match": [{"ssh": {}}], "handle": [{"handler": "close"}]}]},
    "spoken": {"listen": ["127.0.0.1:$spoken"], "routes": [
        {"handle": [{"handler": "respond", "body": "bye"}]}]},
    "small": {"listen": ["127.0.0.1:$small"], "matching_buffer": 2048, "routes": [
        {"match": [{"regexp": {"pattern": "^x+y", "count": 4096}}], "handle": [{"handler": "close"}]}]},
    "quick": {"listen": ["127.0.0.1:$quick"], "matching_timeout": "300ms", "routes": [
        {"match": [{"ssh": {}}], "handle": [{"handler": "close"}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "endings"
from peers import *

backend = Backend(port("BACKEND"))

def pair(server):
    client = connect(port(server))
    client.sendall(b"hello")
    upstream = backend.accept()
    expect(upstream, b"hello")
    return client, upstream

# One side has ended, and the other says nothing more.
for first, second in (0, 1), (1, 0):
    sides = pair("fin")
    sides[first].shutdown(socket.SHUT_WR)
    expect_end(sides[second])
    expect_closed(sides[first])

# As long as something moves the connection is not idle.
client, upstream = pair("idle")
start = time.monotonic()
while time.monotonic() < start + 3:
    client.sendall(b"x")
    expect(upstream, b"x")
    time.sleep(0.1)
upstream.sendall(b"still here")
expect(client, b"still here")
expect_closed(client)
expect_closed(upstream)

# max_age ends it all the same.
client, upstream = pair("age")
client.sendall(b"x")
try:
    while upstream.recv(CHUNK):
        client.sendall(b"x")
        time.sleep(0.1)
except OSError:
    pass

client, upstream = pair("plain")
client.close()
expect_end(upstream)
upstream.close()

client, upstream = pair("plain")
upstream.close()
expect_end(client)
client.close()

client = connect(port("none"))
client.sendall(b"GET / HTTP/1.1\r\n")
expect_closed(client)
expect_closed(connect(port("quick")))
assert read_all(connect(port("spoken"))) == b"bye"

client = connect(port("small"))
client.sendall(b"x" * 2048)
expect_closed(client)
PY

ended() { # SERVER REASON
    wait_log pointsmand "server=$1 .*end=$2( |\$)"
}
ended fin fin_timeout
ended idle idle_timeout
ended age max_age
ended plain client_closed
ended plain upstream_closed
ended none no_route
ended quick matching_timeout
ended spoken handler_done
ended small matching_buffer_full

# What is still open when the grace period has passed.
"$python" - "${pids[pointsmand]}" <<'PY' || fail "drained"
import signal, sys
from peers import *

backend = Backend(port("BACKEND"))
client = connect(port("plain"))
client.sendall(b"hello")
upstream = backend.accept()
expect(upstream, b"hello")
os.kill(int(sys.argv[1]), signal.SIGTERM)
expect_closed(client)
PY
ended plain drained
wait_until 30 "the end of the daemon" gone pointsmand
