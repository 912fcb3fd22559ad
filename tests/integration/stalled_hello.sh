#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A client that stalls in the middle of its ClientHello is closed when matching_timeout has passed;
# the fallback route never sees it. One that ends its stream there has said no to TLS.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) TLS=$(free_port) FALLBACK=$(free_port)
export LISTEN TLS FALLBACK
config <<JSON
{"apps": {"layer4": {"servers": {"main": {
    "listen": ["127.0.0.1:$LISTEN"],
    "matching_timeout": "700ms",
    "routes": [
        {"match": [{"tls": {"sni": ["a.example.com"]}}],
         "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$TLS"]}]}]},
        {"handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$FALLBACK"]}]}]}
    ]}}}}}
JSON
daemon

"$python" - <<'PY' || fail "stalled hello"
from peers import *

tls, fallback = Backend(port("TLS")), Backend(port("FALLBACK"))
hello = client_hello("a.example.com")

for cut in (1, 5, 6, 43, len(hello) // 2, len(hello) - 1):
    start = time.monotonic()
    client = connect(port("LISTEN"))
    client.sendall(hello[:cut])
    expect_closed(client)
    waited = time.monotonic() - start
    assert waited > 0.6, f"cut at {cut}: closed after {waited} s"

# A byte now and then does not move the deadline.
start = time.monotonic()
client = connect(port("LISTEN"))
try:
    for byte in hello:
        client.send(bytes([byte]))
        client.settimeout(0.1)
        try:
            if client.recv(1) == b"":
                break
        except TimeoutError:
            pass
except (ConnectionResetError, BrokenPipeError):
    pass
waited = time.monotonic() - start
assert 0.6 < waited < 40, f"closed after {waited} s"  # a deadline that moved: after a minute
fallback.nobody_within(0.2)

# The whole one passes, at once.
client = connect(port("LISTEN"))
client.sendall(hello)
expect(tls.accept(), hello)

# Half of one and the end of the stream: not TLS, so the fallback's.
client = connect(port("LISTEN"))
client.sendall(hello[:50])
client.shutdown(socket.SHUT_WR)
assert read_all(fallback.accept()) == hello[:50]
PY
wait_log pointsmand matching_timeout
