#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every two-way split of a ClientHello, over segments and over records, gets the verdict of the whole;
# also where it has the size that post-quantum key shares make.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port)
export LISTEN
config <<JSON
{"apps": {"layer4": {"servers": {"main": {
    "listen": ["127.0.0.1:$LISTEN"],
    "matching_timeout": "60s",
    "routes": [
        {"match": [{"tls": {"sni": ["a.example.com"], "alpn": ["last"]}}],
         "handle": [{"handler": "respond", "body": "a"}]},
        {"match": [{"tls": {"sni": ["*.example.com"]}}],
         "handle": [{"handler": "respond", "body": "b"}]},
        {"handle": [{"handler": "respond", "body": "none"}]}
    ]}}}}}
JSON
daemon

"$python" - <<'PY' || fail "splits"
from peers import *

AT_ONCE = 300

def records(hello, cut):
    """The hello in two records, cut behind so many bytes of its message."""
    body = hello[5:]
    return b"".join(hello[:3] + struct.pack("!H", len(part)) + part
                    for part in (body[:cut], body[cut:]))

def check(pieces, wanted):
    """Pairs of pieces, each pair on a connection: the second ones go when all first ones are read."""
    for start in range(0, len(pieces), AT_ONCE):
        batch = [(connect(port("LISTEN")), *pair) for pair in pieces[start:start + AT_ONCE]]
        for client, first, _ in batch:
            client.sendall(first)
        time.sleep(0.05)  # so that most are two reads of the daemon's; the verdict is the same anyway
        for client, _, second in batch:
            client.sendall(second)
        for number, (client, first, _) in enumerate(batch, start):
            got = read_all(client)
            assert got == wanted, f"split {number}, after {len(first)} bytes: {got!r}, not {wanted!r}"
            client.close()

long_list = [f"protocol-{n:04}" for n in range(130)] + ["last"]
for name, wanted in ("a.example.com", b"a"), ("c.example.com", b"b"):
    for protocols in ["last"], long_list:
        hello = client_hello(name, alpn=protocols)
        check([(hello[:i], hello[i:]) for i in range(1, len(hello))], wanted)
        cut = [(records(hello, i), i + 5) for i in range(1, len(hello) - 5)]
        check([(whole, b"") for whole, _ in cut], wanted)
        check([(whole[:at], whole[at:]) for whole, at in cut], wanted)
assert len(hello) > 1700, len(hello)
PY
