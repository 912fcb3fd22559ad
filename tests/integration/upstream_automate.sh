#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# client_certificate_automate: a managed certificate is shown to an upstream that insists on one, also
# after a reload that leaves the route as it is; without it the upstream refuses.
. "$(dirname "$0")/lib.sh"
need_python

WITH=$(free_port) WITHOUT=$(free_port) UPSTREAM=$(free_port)
export WITH WITHOUT
document() { # BODY
    config <<JSON
{"apps": {
    "layer4": {"servers": {
        "with": {"listen": ["127.0.0.1:$WITH"], "routes": [{"handle": [{"handler": "proxy",
            "upstreams": [{"dial": ["localhost:$UPSTREAM"], "tls": {"ca": {"provider": "pki_root", "authority": ["local"]},
                "client_certificate_automate": "Me.Internal"}}]}]}]},
        "without": {"listen": ["127.0.0.1:$WITHOUT"], "routes": [{"handle": [{"handler": "proxy",
            "upstreams": [{"dial": ["localhost:$UPSTREAM"], "tls": {"ca": {"provider": "pki_root", "authority": ["local"]}}}]}]}]},
        "upstream": {"listen": ["127.0.0.1:$UPSTREAM"], "routes": [{"handle": [
            {"handler": "tls", "connection_policies": [{"client_authentication":
                {"ca": {"provider": "pki_root", "authority": ["local"]}}}]},
            {"handler": "respond", "body": "$1"}]}]}}},
    "tls": {"certificates": {"automate": ["localhost"]}}
}}
JSON
}
document "first"
daemon

ask() { # PORT
    "$python" -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
try:
    print(s.makefile("rb").read().decode())
except OSError:
    print()' "$1"
}
says() { [ "$(ask "$WITH")" = "$1" ]; }

ctl cert ls | grep -q me.internal || fail "no certificate is managed"
wait_until 30 "an answer" says first
same "" "$(ask "$WITHOUT")" "without a certificate"
document "second"
kill -HUP "${pids[pointsmand]}"
wait_until 30 "the answer after a reload" says second
ctl cert ls | grep -q me.internal || fail "no certificate is managed after a reload"
exit 0
