#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The header that proxy sends: its bytes, and that it leaves in one segment with the first bytes of
# the client; IPv6 and a mapped address, too.
. "$(dirname "$0")/lib.sh"
need_python

V1=$(free_port) V2=$(free_port) DUAL=$(free_port) BACKEND=$(free_port)
export V1 V2 DUAL BACKEND
upstream='"upstreams": [{"dial": ["127.0.0.1:'$BACKEND'"]}]'
bytes='[{"regexp": {"pattern": "^h"}}]'
"$pointsmand" modules | grep -qE '^matcher +regexp ' || bytes='[{"not": [{"tls": {}}]}]'
config <<JSON
{"apps": {"layer4": {"servers": {
    "v1": {"listen": ["127.0.0.1:$V1"], "routes": [
        {"match": $bytes, "handle": [{"handler": "proxy", "proxy_protocol": "v1", $upstream}]}]},
    "v2": {"listen": ["127.0.0.1:$V2"], "routes": [
        {"match": $bytes, "handle": [{"handler": "proxy", "proxy_protocol": "v2", $upstream}]}]},
    "dual": {"listen": [":$DUAL"], "routes": [
        {"handle": [{"handler": "proxy", "proxy_protocol": "v1", $upstream}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "proxy_protocol out"
from peers import *

backend = Backend(port("BACKEND"))
for name, header in (("V1", proxy_v1), ("V2", proxy_v2)):
    client = connect(port(name), ("127.0.0.77", 0))
    client.sendall(b"hello")
    server = backend.accept()
    want = header(client.getsockname(), client.getpeername()) + b"hello"
    # One recv: what came in one segment comes in one piece.
    got = server.recv(CHUNK)
    assert got == want, f"{got!r}, not {want!r}"
    client.sendall(b"more")
    expect(server, b"more")
    client.close()

# A dual-stack socket: an IPv4 client is an IPv4 client.
client = connect(port("DUAL"))
server = backend.accept()
assert read_proxy_v1(server) == (client.getsockname(), client.getpeername())

# A greeting of the upstream does not wait for bytes of the client.
server.sendall(b"220 ready\r\n")
expect(client, b"220 ready\r\n")
client.close()

if socket.has_dualstack_ipv6():
    client = socket.create_connection(("::1", port("DUAL")))
    server = backend.accept()
    want = f"PROXY TCP6 ::1 ::1 {client.getsockname()[1]} {port('DUAL')}\r\n".encode()
    expect(server, want)
PY
wait_until 30 "the end of all connections" no_connections
