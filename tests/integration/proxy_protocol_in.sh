#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The proxy_protocol handler: v1, v2 and LOCAL, cut anywhere; what it says is what matchers, logs
# and the next hop's header use. Missing and malformed headers by policy.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) REQUIRED=$(free_port) GUARDED=$(free_port) BACKEND=$(free_port)
export LISTEN REQUIRED GUARDED BACKEND
proxy='{"handler": "proxy", "proxy_protocol": "v1", "upstreams": [{"dial": ["127.0.0.1:'$BACKEND'"]}]}'
config <<JSON
{"apps": {"layer4": {"servers": {
    "main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
        {"handle": [{"handler": "proxy_protocol", "timeout": "5s"}]},
        {"match": [{"remote_ip": {"ranges": ["192.0.2.66"]}}], "handle": [{"handler": "close"}]},
        {"handle": [$proxy]}]},
    "required": {"listen": ["127.0.0.1:$REQUIRED"], "routes": [
        {"handle": [{"handler": "proxy_protocol", "timeout": "600ms", "fallback_policy": "REQUIRE"},
            $proxy]}]},
    "guarded": {"listen": ["127.0.0.1:$GUARDED"], "routes": [
        {"handle": [{"handler": "proxy_protocol", "allow": ["127.0.0.0/30"], "deny": ["127.0.0.9/32"]},
            $proxy]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "proxy_protocol in"
from peers import *

backend = Backend(port("BACKEND"))
SRC, DST = ("192.0.2.7", 4711), ("198.51.100.9", 993)
V1, V2 = proxy_v1(SRC, DST), proxy_v2(SRC, DST, tlvs=b"\x02\x00\x04name")

def through(to, data, payload, src, dst, cuts=(), source=None):
    client = connect(port(to), source)
    at = 0
    for cut in cuts:
        client.sendall(data[at:cut])
        at = cut
        time.sleep(0.01)  # so that each piece is a read of its own
    client.sendall(data[at:])
    server = backend.accept()
    got = read_proxy_v1(server)
    want = (src or client.getsockname(), dst or client.getpeername())
    assert got == want, f"{got}, not {want}"
    expect(server, payload)
    server.sendall(b"answer")
    expect(client, b"answer")
    client.close()
    expect_end(server)

for header in (V1, V2):
    through("LISTEN", header + b"hello", b"hello", SRC, DST)
    for cut in range(1, len(header) + 1, 5):
        through("LISTEN", header + b"hello", b"hello", SRC, DST, [cut])
    through("LISTEN", header + b"hello", b"hello", SRC, DST, range(1, len(header)))
    through("REQUIRED", header + b"hello", b"hello", SRC, DST)

# LOCAL and UNKNOWN: the header goes, the socket's addresses stay.
through("LISTEN", proxy_v2(SRC, DST, command=0) + b"hello", b"hello", None, None)
through("LISTEN", b"PROXY UNKNOWN\r\nhello", b"hello", None, None)

# No header: by default as it is, even where the beginning looks like one.
through("LISTEN", b"hello", b"hello", None, None)
through("LISTEN", b"PROX\r\n", b"PROX\r\n", None, None)

def closed(to, data, source=None):
    client = connect(port(to), source)
    if data:
        client.sendall(data)
    expect_closed(client)

# REQUIRE: none, late, malformed.
closed("REQUIRED", b"hello")
start = time.monotonic()
closed("REQUIRED", b"")
closed("REQUIRED", V2[:20])
waited = time.monotonic() - start
assert 1.0 < waited < 10, f"closed after {waited} s"  # 10 s: what the default would make

closed("LISTEN", b"PROXY TCP4 1.2.3.4 5.6.7.8 99999 1\r\nhello")
closed("LISTEN", PROXY2 + b"\x21\x11\x00\x03abchello")

# The header's address is what matchers see.
closed("LISTEN", proxy_v1(("192.0.2.66", 1), DST) + b"hello")

# allow and deny look at the socket's address. deny: closed if a header is there, else passed on.
through("GUARDED", V1 + b"hello", b"hello", SRC, DST)
closed("GUARDED", V1 + b"hello", ("127.0.0.9", 0))
through("GUARDED", b"hello", b"hello", None, None, source=("127.0.0.9", 0))
backend.nobody_within(0.2)
PY
wait_log pointsmand 'proxy_header'
wait_log pointsmand '192\.0\.2\.7:4711'
