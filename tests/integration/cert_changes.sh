#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Certificates that change while they are served: files that are replaced, a pair whose halves come
# one after the other, `cert set`. No handshake is lost meanwhile, and no key is ever shown.
. "$(dirname "$0")/lib.sh"
need openssl openssl
need_python

make_cert() { # FILE SERIAL [NAME]
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=made \
        -addext "subjectAltName=DNS:${3:-site.example}" -set_serial "$2" \
        -keyout "$tmp/$1.key" -out "$tmp/$1.crt" 2>/dev/null || fail "openssl req"
}
for i in 1 2 3 4; do make_cert "made$i" "$i"; done
make_cert other 9 other.example
cp "$tmp/made1.crt" "$tmp/c.crt"
cp "$tmp/made1.key" "$tmp/c.key"

PORT=$(free_port)
export PORT
config <<JSON
{"apps": {
    "layer4": {"servers": {"main": {"listen": ["127.0.0.1:$PORT"], "routes": [
        {"match": [{"tls": {}}], "handle": [{"handler": "tls"}, {"handler": "respond", "body": "yes"}]}]}}},
    "tls": {"certificates": {"load_files": [{"certificate": "$tmp/c.crt", "key": "$tmp/c.key"}]}}
}}
JSON
daemon

serial() {
    openssl s_client -connect "127.0.0.1:$PORT" -servername site.example </dev/null 2>/dev/null |
        openssl x509 -noout -serial 2>/dev/null
}
serves() { [ "$(serial)" = "serial=0$1" ]; }
put() { # FROM TO: as a tool does that cares
    cp "$tmp/$1" "$tmp/new" && mv "$tmp/new" "$tmp/$2"
}

# One handshake after the other, all the while; none may fail.
cat >"$tmp/shake.py" <<'PY'
import os, signal, socket, ssl, sys
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
count = 0
while not stop and count < 200000:
    with socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 10) as s:
        with context.wrap_socket(s, server_hostname="site.example") as t:
            assert t.recv(10) == b"yes"
    count += 1
print(count, "handshakes")
PY
start shake "$python" "$tmp/shake.py"

wait_until 30 "the first certificate" serves 1
put made2.crt c.crt
wait_log pointsmand "a changed certificate is not taken"
serves 1 || fail "half a pair was taken"
put made2.key c.key
wait_until 30 "the second certificate" serves 2

ctl cert set site.example "$tmp/made3.crt" "$tmp/made3.key" || fail "cert set"
serves 3 || fail "what was set is not served"
kill -HUP "${pids[pointsmand]}"
wait_until 30 "a reload" ctl config show
sleep 0.3
serves 3 || fail "what was set is not served after a reload"
ctl cert set other.example "$tmp/other.crt" "$tmp/other.key" 2>/dev/null && fail "set for no one"
ctl cert set site.example "$tmp/other.crt" "$tmp/other.key" 2>/dev/null && fail "another name"
ctl cert set site.example "$tmp/made4.crt" "$tmp/made3.key" 2>/dev/null && fail "another's key"
ctl cert set site.example "$tmp/made4.crt" "$tmp/none" 2>/dev/null && fail "no key"
serves 3 || fail "what was refused is served"
ctl cert show site.example | grep -q control || fail "cert show does not tell where it came from"

put made4.key c.key
put made4.crt c.crt
wait_until 30 "the fourth certificate" serves 4

running shake || fail "a handshake was lost"
stop shake || fail "a handshake was lost"
logged shake handshakes || fail "the handshakes did not end well"
secret=$(sed -n 2p "$tmp/made3.key")
{ ctl cert ls; ctl cert show site.example; cat "$tmp/pointsmand.log"; } | grep -qF "$secret" &&
    fail "a key was shown"
exit 0
