#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# silence_timeout: behind a port that sniffs, a client that waits for the server's greeting gets it
# from the first route that rests on facts. Who has said something is judged by what he said.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) TLS=$(free_port) SMTP=$(free_port) STRICT=$(free_port)
export LISTEN TLS SMTP STRICT
config <<JSON
{"apps": {"layer4": {"servers": {
    "mail": {
        "listen": ["127.0.0.1:$LISTEN"],
        "matching_timeout": "2s",
        "silence_timeout": "300ms",
        "routes": [
            {"match": [{"tls": {}}],
             "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$TLS"]}]}]},
            {"match": [{"not": [{"tls": {}}]}], "handle": [{"handler": "close"}]},
            {"match": [{"remote_ip": {"ranges": ["127.0.0.0/8"]}}],
             "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$SMTP"]}]}]}
        ]},
    "strict": {
        "listen": ["127.0.0.1:$STRICT"],
        "matching_timeout": "2s",
        "silence_timeout": "300ms",
        "routes": [
            {"match": [{"tls": {}}],
             "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$TLS"]}]}]}
        ]}
    }}}}
JSON
daemon

"$python" - <<'PY' || fail "server first"
from peers import *

tls, smtp = Backend(port("TLS")), Backend(port("SMTP"))

# Silent: after 300 ms the greeting, past the route that says `not tls`.
start = time.monotonic()
client = connect(port("LISTEN"))
server = smtp.accept()
waited = time.monotonic() - start
assert 0.25 < waited < 1.5, f"waited {waited} s"
server.sendall(b"220 ready\r\n")
expect(client, b"220 ready\r\n")
client.sendall(b"EHLO me\r\n")
expect(server, b"EHLO me\r\n")
client.close()

# Talking TLS.
hello = client_hello("mail.example.com")
client = connect(port("LISTEN"))
client.sendall(hello)
tls.accept()

# Talking something else: `not tls` is yes, and closes.
client = connect(port("LISTEN"))
client.sendall(b"QUIT\r\n")
expect_closed(client)

# One byte of TLS and then nothing: not silent, so the deadline of matching decides.
start = time.monotonic()
client = connect(port("LISTEN"))
client.sendall(b"\x16")
expect_closed(client)
waited = time.monotonic() - start
assert 1.8 < waited < 4, f"closed after {waited} s"
smtp.nobody_within(0.2)

# No route that rests on facts: closed.
start = time.monotonic()
client = connect(port("STRICT"))
expect_closed(client)
waited = time.monotonic() - start
assert 0.25 < waited < 1.5, f"closed after {waited} s"
PY
wait_log pointsmand matching_timeout
wait_log pointsmand silent
