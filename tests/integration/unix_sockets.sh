#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Unix sockets on both sides: permissions, a file left behind, a client without an address.
. "$(dirname "$0")/lib.sh"
need_python

export OUTER=$tmp/outer INNER=$tmp/inner
config <<JSON
{"apps": {"layer4": {"servers": {
    "main": {"listen": ["unix/$OUTER|0660"], "routes": [{"handle": [{"handler": "proxy",
        "proxy_protocol": "v1", "upstreams": [{"dial": ["unix/$INNER"]}]}]}]}
}}}}
JSON
# As a daemon leaves it that was killed.
"$python" -c 'import os, socket; socket.socket(socket.AF_UNIX).bind(os.environ["OUTER"])'
daemon
same 660 "$(stat -c %a "$OUTER")" "permissions"

"$python" - <<'PY' || fail "Unix sockets"
from peers import *

inner = socket.socket(socket.AF_UNIX)
inner.bind(os.environ["INNER"])
inner.listen()
for _ in range(20):
    client = socket.socket(socket.AF_UNIX)
    client.connect(os.environ["OUTER"])
    client.sendall(b"hello")
    server, _ = inner.accept()
    expect(server, b"PROXY UNKNOWN\r\nhello")
    client.shutdown(socket.SHUT_WR)
    expect_end(server)
    server.sendall(b"answer")
    server.close()
    assert read_all(client) == b"answer"
PY
wait_log pointsmand "upstream=unix/$INNER"

# Another daemon does not take it away.
"$pointsmand" run --config "$tmp/config.json" --control "$tmp/other.sock" --state "$tmp/other" \
    >"$tmp/other.log" 2>&1 && fail "two daemons listen at one path"
grep -q "$OUTER.*another program" "$tmp/other.log" || fail "the other daemon did not say why"
"$python" -c 'import os, socket; socket.socket(socket.AF_UNIX).connect(os.environ["OUTER"])' ||
    fail "the socket is gone"
