#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `pointsmand run --demo`: the chain with nothing else installed. A TLS client that knows the
# internal CA gets a greeting with its own address, carried through both hops.
. "$(dirname "$0")/lib.sh"
need_python
own_network || echo 'in the network of the system'
for port in 9993 9143 9144; do
    ! listening $port || skip "port $port is in use"
done

start pointsmand "$pointsmand" run --demo --control "$sock" --state "$tmp/state"
wait_until 30 "the control socket" answers
running pointsmand || fail "the demo did not start"
ctl ca root >"$tmp/root.pem" || fail "ca root"

for name in imap.example.com localhost; do
    NAME=$name CA=$tmp/root.pem "$python" - <<'PY' || fail "the chain for $name"
from peers import *
name = os.environ["NAME"]
raw = connect(9993, ("127.0.0.77", 0))
source = raw.getsockname()
client = tls_context(os.environ["CA"]).wrap_socket(raw, server_hostname=name)
got = b""
while b"\n" not in got:
    more = client.recv(CHUNK)
    assert more, f"ended after {got!r}"
    got += more
print(got)
assert got.startswith(b"* OK"), got
assert f"you are 127.0.0.77 port {source[1]}\r".encode() in got, got
PY
done
wait_log pointsmand 'pointsctl'
