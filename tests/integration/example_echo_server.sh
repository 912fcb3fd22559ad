#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example echo_server: bytes come back over IPv4, IPv6 and TLS, and the site has the certificate.
. "$(dirname "$0")/lib.sh"
need curl curl
need openssl openssl
need gnutls-cli gnutls-bin
need_python
. "$here/example.bash"

hosts
example echo_server

"$python" - <<'PY' || fail "the echo in the clear"
from peers import *

for host in ("127.0.0.1", "::1"):
    s = socket.create_connection((host, 7007))
    for text in (b"hello", pattern(300000)):
        s.sendall(text)
        expect(s, text)
    s.shutdown(socket.SHUT_WR)
    expect_end(s)
PY

# The client ends when the echo has come.
exec 9> >(in_tls 7008 localhost >"$tmp/echoed")
echo hello >&9
wait_until 30 "the echo inside TLS" grep -qx hello "$tmp/echoed"
exec 9>&-
same hello "$(echo hello | timeout 60 gnutls-cli --x509cafile "$root" -p 7008 --logfile="$tmp/gnutls.log" \
    localhost | tail -n 1)" "gnutls-cli"
says "the echoes are on ports 7007 and 7008" https://localhost/
