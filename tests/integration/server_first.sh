#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# silence_timeout: behind a port that sniffs, a client that waits for the server's greeting gets it
# from the first route that rests on facts. Who has said something is judged by what he said.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) TLS=$(free_port) SMTP=$(free_port) STRICT=$(free_port) INSIDE=$(free_port)
LATER=$(free_port)
export LISTEN TLS SMTP STRICT INSIDE LATER
config <<JSON
{"apps": {"layer4": {"servers": {
    "mail": {
        "listen": ["127.0.0.1:$LISTEN"],
        "matching_timeout": "5s",
        "silence_timeout": "2s",
        "routes": [
            {"match": [{"tls": {}}],
             "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$TLS"]}]}]},
            {"match": [{"not": [{"tls": {}}]}], "handle": [{"handler": "close"}]},
            {"match": [{"remote_ip": {"ranges": ["127.0.0.0/8"]}}],
             "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$SMTP"]}]}]}
        ]},
    "strict": {
        "listen": ["127.0.0.1:$STRICT"],
        "matching_timeout": "5s",
        "silence_timeout": "2s",
        "routes": [
            {"match": [{"tls": {}}],
             "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$TLS"]}]}]}
        ]},
    "inside": {
        "listen": ["127.0.0.1:$INSIDE"],
        "routes": [{"match": [{"tls": {}}], "handle": [
            {"handler": "tls"},
            {"handler": "subroute", "silence_timeout": "2s", "routes": [
                {"match": [{"ssh": {}}], "handle": [{"handler": "close"}]},
                {"match": [{"remote_ip": {"ranges": ["127.0.0.0/8"]}}],
                 "handle": [{"handler": "respond", "body": "inside"}]}]}]}]},
    "later": {
        "listen": ["127.0.0.1:$LATER"],
        "routes": [{"handle": [
            {"handler": "proxy_protocol"},
            {"handler": "subroute", "silence_timeout": "2s", "routes": [
                {"match": [{"ssh": {}}], "handle": [{"handler": "close"}]}]},
            {"handler": "respond", "body": "fell through"}]}]}
    }},
    "tls": {"certificates": {"automate": ["a.example.com"]},
        "automation": {"policies": [{"issuers": [{"module": "internal"}]}]}}}}
JSON
daemon

"$python" - <<'PY' || fail "server first"
from peers import *

tls, smtp = Backend(port("TLS")), Backend(port("SMTP"))

# The waits run side by side.
start = time.monotonic()
silent, strict, half = connect(port("LISTEN")), connect(port("STRICT")), connect(port("LISTEN"))
half.sendall(b"\x16")

# Talking TLS.
hello = client_hello("mail.example.com")
client = connect(port("LISTEN"))
client.sendall(hello)
tls.accept()

# Talking something else: `not tls` is yes, and closes.
client = connect(port("LISTEN"))
client.sendall(b"QUIT\r\n")
expect_closed(client)

# Silent: the greeting after that time, past the route that says `not tls`.
server = smtp.accept()
waited = time.monotonic() - start
assert waited > 1.9, f"waited {waited} s"
server.sendall(b"220 ready\r\n")
expect(silent, b"220 ready\r\n")
silent.sendall(b"EHLO me\r\n")
expect(server, b"EHLO me\r\n")
silent.close()

# No route that rests on facts: closed.
expect_closed(strict)

# One byte of TLS and then nothing: not silent, so the deadline of matching decides.
expect_closed(half)
waited = time.monotonic() - start
assert waited > 4.9, f"closed after {waited} s"
smtp.nobody_within(0.2)

# Silence is that of the current stream: also inside TLS, and behind a PROXY header. In a subroute
# without a route that rests on facts it falls through.
client = tls_context().wrap_socket(connect(port("INSIDE")), server_hostname="a.example.com")
expect(client, b"inside")
client = tls_context().wrap_socket(connect(port("INSIDE")), server_hostname="a.example.com")
client.sendall(b"SSH-2.0-me\r\n")
expect_closed(client)
client = connect(port("LATER"))
client.sendall(proxy_v1(("192.0.2.1", 1), ("192.0.2.2", 2)))
assert read_all(client) == b"fell through"
PY
wait_log pointsmand 'server=mail .*end=matching_timeout'
wait_log pointsmand 'server=strict .*end=silent'
