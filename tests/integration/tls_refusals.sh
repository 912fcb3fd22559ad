#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tls handler refuses, with the alert that says why, and what it lets pass.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) BACKEND=$(free_port)
export LISTEN BACKEND
config <<JSON
{"apps": {
    "layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
        {"match": [{"tls": {}}], "handle": [
            {"handler": "tls", "connection_policies": [
                {"match": {"sni": ["alpn.example.com"]}, "alpn": ["imap", "h2"]},
                {"match": {"sni": ["new.example.com"]}, "protocol_min": "tls1.3"},
                {"match": {"sni": ["old.example.com"]}, "protocol_max": "tls1.2"},
                {}]},
            {"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$BACKEND"]}]}]}]}}},
    "tls": {
        "certificates": {"automate": ["alpn.example.com", "new.example.com", "old.example.com", "*.wild.example.com"]},
        "automation": {"policies": [{"issuers": [{"module": "internal"}]}]}}
}}
JSON
daemon
export CA=$tmp/root.pem
ctl ca root >"$CA" || fail "ca root"

"$python" - <<'PY' || fail "tls refusals"
from peers import *

backend = Backend(port("BACKEND"))

def handshake(name, alpn=None, lowest=None, highest=None):
    context = tls_context(os.environ["CA"], alpn)
    if lowest:
        context.minimum_version = lowest
    if highest:
        context.maximum_version = highest
    return context.wrap_socket(connect(port("LISTEN")), server_hostname=name)

def passes(*args, **kw):
    client = handshake(*args, **kw)
    client.sendall(b"hello")
    server = backend.accept()
    expect(server, b"hello")
    server.sendall(b"answer")
    expect(client, b"answer")
    client.close()
    server.close()
    return client

def refused(reasons, *args, **kw):
    try:
        client = handshake(*args, **kw)
        client.recv(1)
    except ssl.SSLError as e:
        # Python's words differ by version: "[SSL: TLSV1_ALERT_X]", "tlsv1 alert x".
        said = str(e).upper().replace(" ", "_")
        assert any(r in said for r in reasons.split()), f"{args}: {e}, not {reasons}"
        return
    raise AssertionError(f"{args} {kw}: not refused")

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

for highest in (TLS12, TLS13):
    refused("UNRECOGNIZED_NAME", "unknown.example.com", highest=highest)
    refused("UNRECOGNIZED_NAME", "a.b.wild.example.com", highest=highest)
    passes("a.wild.example.com", highest=highest)
    refused("NO_APPLICATION_PROTOCOL", "alpn.example.com", alpn=["pop3"], highest=highest)
    passes("alpn.example.com", highest=highest)

client = handshake("alpn.example.com", alpn=["pop3", "imap"])
assert client.selected_alpn_protocol() == "imap"
assert client.version() == "TLSv1.3"
assert handshake("old.example.com").version() == "TLSv1.2"
refused("PROTOCOL_VERSION HANDSHAKE_FAILURE", "new.example.com", highest=TLS12)
refused("PROTOCOL_VERSION HANDSHAKE_FAILURE", "old.example.com", lowest=TLS13)

# Something that begins as TLS and is none.
client = connect(port("LISTEN"))
client.sendall(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
expect_closed(client)
PY
wait_log pointsmand tls_handshake
