#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The admin listener: what it answers and what it refuses, clients that are slow or send too much,
# documents that bring it, move it, break it and take it away.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port) ADMIN=$(free_port) OTHER=$(free_port) FOREIGN=$(free_port)
export LISTEN ADMIN OTHER FOREIGN UNIX=$tmp/admin.sock
document() { # ADMIN [LISTEN]
    printf '{"admin":%s,"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:%s"],"routes":[
        {"@id":"echo \\"\\\\\\n\\u00fc","handle":[{"handler":"echo"}]}]}}}}}' "$1" "${2:-$LISTEN}"
}
at() { # ADDRESS
    document "{\"listen\":\"$1\"}"
}
at "localhost:$ADMIN" | config
daemon

"$python" - <<'PY' || fail "requests"
import concurrent.futures
from admin import *

here = ("127.0.0.1", port("ADMIN"))
OPEN = "application/openmetrics-text"

# --- what it has
status, fields, body = get(here, "/healthz")
assert (status, body, fields["Connection"]) == (200, b"ok\n", "close"), (status, fields, body)
for accept, version in (
        (None, "text/plain; version=0.0.4"), ("*/*", "text/plain; version=0.0.4"),
        (OPEN, OPEN + "; version=1.0.0"), (f"{OPEN}; q=0.2, text/plain", "text/plain; version=0.0.4"),
        (f"{OPEN};q=0", "text/plain; version=0.0.4"), (f"text/plain;q=0.5, {OPEN.upper()} ; q=0.5", OPEN + "; version=1.0.0"),
        (f"{OPEN};version=1.0.0,{OPEN};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPEN + "; version=1.0.0"),
        ("q=;;,,/;q=", "text/plain; version=0.0.4")):
    status, fields, body = get(here, "/metrics?x=y", accept)
    assert status == 200 and fields["Content-Type"] == version + "; charset=utf-8", (accept, fields)
    assert int(fields["Content-Length"]) == len(body) and fields["Vary"] == "Accept"
    assert body.endswith(b"\n# EOF\n") == version.startswith(OPEN)
    assert 'route="echo \\"\\\\\\nü",server="main"'.encode() in body, body

# --- HEAD, and what is not there
for path in ("/metrics", "/healthz"):
    status, fields, body = get(here, path, method="HEAD")
    assert status == 200 and int(fields["Content-Length"]) > 0 and body == b"", (path, body)
for path in ("/", "/metrics/", "/config/", "/stop", "/Metrics", "/healthz/../metrics"):
    assert get(here, path)[0] == 404, path
for method in ("POST", "DELETE", "OPTIONS", "PUT", "XYZ"):
    status, fields, body = get(here, "/metrics", method=method)
    assert status == 405 and fields["Allow"] == "GET, HEAD", (method, status)
assert get(here, "/load", method="POST")[0] == 404

# --- what is no request, and what is too much of one
assert ask(here, b"\x16\x03\x01\x02\x00\x01\x00")[0] == 400
assert ask(here, b"GET /metrics HTTP/1.1\r\n\r\n")[0] == 400  # no Host
assert ask(here, b"GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")[0] == 400
assert ask(here, b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9000)[0] == 431
assert ask(here, b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"z" * 100000)[0] == 405
assert ask(here, b"GET /healthz HTTP/1.0\r\n\r\n")[0] == 200

# --- byte by byte
slow = connect(port("ADMIN"))
for byte in b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n":
    slow.sendall(bytes([byte]))
assert take_apart(read_all(slow))[0] == 200

# --- more silent clients than there is room for: they are ended, the others get their turn
silent = [connect(port("ADMIN")) for _ in range(20)]
half = connect(port("ADMIN"))
half.sendall(b"GET /healthz")
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    waiting = [pool.submit(get, here, "/healthz") for _ in range(8)]
    for s in silent:
        assert read_all(s) == b""
    assert take_apart(read_all(half))[0] == 408
    assert all(w.result()[0] == 200 for w in waiting)

# --- one that does not read its answer, and leaves
s = connect(port("ADMIN"))
s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
reset(s)
assert get(here, "/healthz")[0] == 200
PY

answers_at() { # PYTHON-ADDRESS
    "$python" -c "from admin import *; assert get($1, '/healthz')[0] == 200" 2>/dev/null
}
silent_at() {
    ! answers_at "$1"
}

# --- documents ---------------------------------------------------------------------------------
reload() {
    config
    code 0 config reload
}
no() { # PATTERN, the document on standard input
    cat >"$tmp/in"
    refused 7 "$1" config apply
    answers_at "('127.0.0.1', $ADMIN)" || fail "it is gone after a refusal"
}
at "127.0.0.1:1-5" | no 'admin.listen: must be one port'
at "udp/127.0.0.1:$OTHER" | no 'admin.listen: must be an address for streams'
at "example.com:80" | no 'admin.listen: '
at "127.0.0.1:$LISTEN" | no "admin.listen: server 'main' listens on tcp/127.0.0.1:$LISTEN, too"
document '{"listen":5}' | no 'admin.listen: must be a string'
document '{"lsten":""}' | no "admin: unknown field 'lsten', did you mean 'listen'"
document '{"enforce_origin":true}' | no "admin: unknown field 'enforce_origin'"
document '{"config":{"load":{}}}' | no "admin.config: unknown field 'load'"
document '[]' | no 'admin: must be an object'
start foreign "$python" -c "
import signal
from peers import *
s = Backend($FOREIGN)
print('listening', flush=True)
signal.pause()"
wait_log foreign listening
at "127.0.0.1:$FOREIGN" >"$tmp/in"
refused 6 "admin.listen: .*$FOREIGN" config apply
answers_at "('127.0.0.1', $ADMIN)" || fail "it is gone after a refusal"
stop foreign

# The same address: the socket stays. A client's open request survives the reload.
"$python" - "$pointsctl" -s "$sock" config reload <<'PY' || fail "a request over a reload"
import subprocess, sys
from admin import *
s = connect(port("ADMIN"))
s.sendall(b"GET /healthz HTTP/1.1\r\n")
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
s.sendall(b"Host: x\r\n\r\n")
assert take_apart(read_all(s))[0] == 200
PY
[ "$(grep -c 'admin: metrics and health' "$tmp/pointsmand.log")" = 1 ] || fail "it was opened twice"

at "127.0.0.1:$OTHER" | reload
answers_at "('127.0.0.1', $OTHER)" || fail "not at the new address"
silent_at "('127.0.0.1', $ADMIN)" || fail "still at the old address"
at "unix/$UNIX|0600" | reload
answers_at "'$UNIX'" || fail "not at the Unix socket"
same 600 "$(stat -c %a "$UNIX")" "the mode of the Unix socket"
silent_at "('127.0.0.1', $OTHER)" || fail "still at the old address"
# What was its address is a server's, and the other way round.
document "{\"listen\":\"127.0.0.1:$LISTEN\"}" "$OTHER" | reload
answers_at "('127.0.0.1', $LISTEN)" || fail "not at what was a server's"
document '{"listen":"127.0.0.1:1","disabled":true}' | reload
silent_at "('127.0.0.1', $LISTEN)" || fail "not disabled"
document '{}' | reload
document '{"config":{"persist":false}}' | reload
caddyfile() { # ADDRESS
    printf '{\n admin %s\n layer4 {\n  127.0.0.1:%s {\n   route {\n    echo\n   }\n  }\n }\n}\n' "$1" "$LISTEN"
}
caddyfile "localhost:$ADMIN" >"$tmp/in"
code 0 config apply
answers_at "('127.0.0.1', $ADMIN)" || fail "not as the Caddyfile says"

caddyfile off >"$tmp/in"
code 0 config apply
silent_at "('127.0.0.1', $ADMIN)" || fail "not off as the Caddyfile says"
