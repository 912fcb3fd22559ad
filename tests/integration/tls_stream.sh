#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Bytes through the tls handler: large bodies both ways at once, the ends of both directions, a
# session that is resumed by its ticket, a client that leaves without close_notify.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
config <<JSON
{"apps": {
    "layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
        {"match": [{"tls": {"sni": ["localhost"]}}], "handle": [
            {"handler": "tls"},
            {"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$BACKEND"]}]}]}]}}},
    "tls": {"certificates": {"automate": ["localhost"]},
        "automation": {"policies": [{"issuers": [{"module": "internal"}]}]}}
}}
JSON
daemon
export CA=$tmp/root.pem
ctl ca root >"$CA" || fail "ca root"

"$python" - <<'PY' || fail "tls stream"
import threading
from peers import *

backend = Backend(port("BACKEND"))
context = tls_context(os.environ["CA"])

def pair(session=None, version=None):
    mine = context
    if version:
        mine = tls_context(os.environ["CA"])
        mine.maximum_version = version
    client = mine.wrap_socket(connect(port("LISTEN")), server_hostname="localhost", session=session)
    return client, backend.accept()

for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    client, server = pair(version=version)
    up, down = pattern(5 << 20), pattern(7 << 20)[::-1]
    got = {}
    def server_side():
        sender = threading.Thread(target=server.sendall, args=(down,))
        sender.start()
        got["up"] = read_exactly(server, len(up))
        sender.join()
    thread = threading.Thread(target=server_side)
    thread.start()
    # One thread: OpenSSL wants it so. Writes what fits, reads what there is.
    client.setblocking(False)
    received, sent = bytearray(), 0
    end = time.monotonic() + TIMEOUT
    while sent < len(up) or len(received) < len(down):
        assert time.monotonic() < end, f"stuck: {sent} sent, {len(received)} received"
        busy = False
        try:
            received += client.recv(CHUNK)
            busy = True
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        try:
            if sent < len(up):
                sent += client.send(up[sent:sent + 16384])
                busy = True
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        if not busy:
            time.sleep(0.001)
    client.settimeout(TIMEOUT)
    thread.join()
    assert got["up"] == up and received == down

    # The upstream's end arrives as close_notify; then the client's bytes still go up.
    server.shutdown(socket.SHUT_WR)
    client.suppress_ragged_eofs = False
    assert client.recv(1) == b""
    client.sendall(b"last words")
    expect(server, b"last words")
    try:
        client.unwrap()
    except (ssl.SSLError, OSError):
        pass
    client.close()
    expect_end(server)

# The client's close_notify ends the upstream's input.
client, server = pair()
client.sendall(b"all")
expect(server, b"all")
closer = threading.Thread(target=client.unwrap)
closer.start()
expect_end(server)
server.close()
closer.join()

# A client that goes without close_notify: the end all the same.
client, server = pair()
client.sendall(b"all")
expect(server, b"all")
raw = client.detach()
os.close(raw)
expect_closed(server)

# Resumption.
client, server = pair()
server.sendall(b"hello")
expect(client, b"hello")
session = client.session
assert session.has_ticket and not client.session_reused
client.close()
client, server = pair(session=session)
server.sendall(b"hello")
expect(client, b"hello")
assert client.session_reused
PY
wait_until 30 "the end of all connections" no_connections
