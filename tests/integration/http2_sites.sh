#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Sites over HTTP/2: curl, nghttp and h2load, all handlers, bodies, many streams, GOAWAY at a reload
# and when the daemon drains, limits, and clients that try to wear it out.
. "$(dirname "$0")/lib.sh"
need curl curl
need nghttp nghttp2-client
need h2load nghttp2-client
need_python
curl --version | grep -q HTTP2 || skip "curl has no HTTP/2 (Debian: curl)"

HTTP=$(free_port) HTTPS=$(free_port) STRICT=$(free_port) OLD=$(free_port)
big=$(head -c 300000 /dev/zero | tr '\0' b)
cat >"$tmp/Caddyfile" <<EOF_
{
	local_certs
	http_port $HTTP
	https_port $HTTPS
	grace_period 10s
	servers :$OLD {
		protocols h1
	}
	servers :$STRICT {
		strict_sni_host on
	}
	servers :$HTTPS {
		timeouts {
			read_header 3s
			read_body 3s
			idle 3s
		}
	}
}

site.example.com {
	header X-Site yes
	handle /api/* {
		respond "api {path} {query.q} {http.request.header.cookie} {http.request.proto}" 201
	}
	redir /old /new permanent
	abort /gone
	respond /big "$big"
	respond /none 204
	respond "main"
}

localhost {
	respond "local"
}

https://site.example.com:$STRICT {
	respond "strict"
}

https://site.example.com:$OLD {
	respond "old"
}
EOF_
daemon "$tmp/Caddyfile"
ctl ca root >"$tmp/root.pem" || fail "ca root"

get() { # URL [OPTION…]: version and status, the fields sorted, the body
    local url=$1
    shift
    curl -sS --http2 --max-time 30 --cacert "$tmp/root.pem" -D "$tmp/head" -o "$tmp/body" "$@" \
        --connect-to '::127.0.0.1:' "$url" || return
    tr -d '\r' <"$tmp/head" | awk '/^HTTP/ { print $1, $2 }'
    tr -d '\r' <"$tmp/head" | sed '/^HTTP/d; /^$/d; /^date: /d' | LC_ALL=C sort
    cat "$tmp/body"
}
want() { # WHAT GOT LINE…
    local what=$1 got=$2
    shift 2
    same "$(printf '%s\n' "$@")" "$got" "$what"
}
site() { # PATH [OPTION…]
    local path=$1
    shift
    get "https://site.example.com:$HTTPS$path" "$@"
}

text='content-type: text/plain; charset=utf-8'
want "the site" "$(site /)" 'HTTP/2 200' 'content-length: 4' "$text" 'server: pointsman' \
    'x-site: yes' main
want "a handle" "$(site '/api/x%20y?q=a+b' -H 'Cookie: a=1; b=2')" 'HTTP/2 201' \
    'content-length: 34' "$text" 'server: pointsman' 'x-site: yes' \
    'api /api/x y a b a=1; b=2 HTTP/2.0'
want "a redirect" "$(site /old)" 'HTTP/2 301' 'content-length: 0' 'location: /new' \
    'server: pointsman' 'x-site: yes'
want "nothing" "$(site /none)" 'HTTP/2 204' 'server: pointsman' 'x-site: yes'
want "a head" "$(site / -I)" 'HTTP/2 200' 'content-length: 4' "$text" 'server: pointsman' \
    'x-site: yes' "$(cat "$tmp/body")"
site /gone >/dev/null 2>"$tmp/out" && fail "an answer where there is to be none"
grep -q INTERNAL_ERROR "$tmp/out" || fail "abort is no reset: $(cat "$tmp/out")"
want "a body" "$(site / --data-binary "@$top_srcdir/LICENSE" | head -1)" 'HTTP/2 200'
site /big >/dev/null || fail "a long answer"
same 300000 "$(wc -c <"$tmp/body")" "a long answer"
want "a large head" "$(site / -H "X: $(head -c 30000 /dev/zero | tr '\0' x)" | head -1)" 'HTTP/2 431'
want "another host" "$(get "https://site.example.com:$STRICT/" -H 'Host: x.example.com' | head -1)" \
    'HTTP/2 421'
want "without HTTP/2" "$(get "https://site.example.com:$OLD/" | sed -n '1p;$p')" 'HTTP/1.1 200' old

nghttp -nv --no-verify-peer "https://localhost:$HTTPS/" >"$tmp/nghttp" 2>&1
grep -q 'SETTINGS_MAX_CONCURRENT_STREAMS(0x03):100' "$tmp/nghttp" &&
    grep -q ':status: 200' "$tmp/nghttp" || fail "nghttp: $(cat "$tmp/nghttp")"
h2load -n 2000 -c 4 -m 50 --connect-to "127.0.0.1:$HTTPS" "https://site.example.com:$HTTPS/" \
    >"$tmp/h2load" 2>&1 || fail "h2load: $(cat "$tmp/h2load")"
grep -q '2000 succeeded, 0 failed, 0 errored' "$tmp/h2load" || fail "$(cat "$tmp/h2load")"
h2load -n 200 -c 2 -m 20 -w 16 --connect-to "127.0.0.1:$HTTPS" "https://site.example.com:$HTTPS/big" \
    >"$tmp/h2load" 2>&1 || fail "h2load: $(cat "$tmp/h2load")"
grep -q '200 succeeded, 0 failed, 0 errored' "$tmp/h2load" || fail "$(cat "$tmp/h2load")"

export HTTPS tmp DAEMON=${pids[pointsmand]}
"$python" - <<'PY' || fail "HTTP/2 by hand"
import os, signal, struct, time
from http2_client import *

PORT = int(os.environ["HTTPS"])

def Client():
    return Http2(PORT)

# A head in several frames; streams beyond the limit are refused, the others are answered.
c = Client()
c.send(frame(HEADERS, 1, 1, GET[:3]) + frame(CONTINUATION, 0, 1, GET[3:9]) + frame(CONTINUATION, 4, 1, GET[9:]))
assert c.until(DATA, 1)[3] == b"main"
for i in range(101):
    c.send(frame(HEADERS, 4, 3 + 2 * i, POST))
assert c.until(RST)[2:] == (203, struct.pack(">I", 7)), "REFUSED_STREAM"
c.send(frame(DATA, 1, 3, b"body"))
assert c.until(DATA, 3)[3] == b"main"

# A body that is too long to be waited for: the answer, and the rest is not wanted.
c = Client()
c.send(frame(HEADERS, 4, 1, POST))
for i in range(8):
    c.send(frame(DATA, 0, 1, bytes(16384)) * 2)
    c.until(WINDOW, 1)
c.send(frame(DATA, 0, 1, bytes(1)))
assert c.until(DATA, 1)[3] == b"main"
assert c.until(RST, 1)[3] == bytes(4), "NO_ERROR"

# What costs the client nothing is borne for a while: rapid resets, pings, settings, empty DATA,
# CONTINUATION without an end.
c = Client()
for i in range(4000):
    try:
        c.send(frame(HEADERS, 5, 1 + 2 * i, GET) + frame(RST, 0, 1 + 2 * i, struct.pack(">I", 8)))
    except OSError:
        break
    if i == 0:
        c.until(SETTINGS)
assert c.goaway() == 11, "ENHANCE_YOUR_CALM"
for name, data in (("ping", frame(PING, 0, 0, b"12345678")), ("settings", frame(SETTINGS, 0, 0)),
                   ("data", frame(DATA, 0, 1))):
    c = Client()
    c.send(frame(HEADERS, 4, 1, POST))
    c.flood(data * 10, 200)
    while (f := c.read()) is not None and f[0] != GOAWAY:
        pass
    assert f is None or struct.unpack(">I", f[3][4:8])[0] == 11, name
c = Client()
c.send(frame(HEADERS, 1, 1, GET))
c.flood(frame(CONTINUATION, 0, 1, bytes([0x40, 1, 0x78, 1, 0x79]) * 100), 2000)
while (f := c.read()) is not None and f[0] != GOAWAY:
    pass

# Who breaks the protocol is told so.
c = Client()
c.send(frame(DATA, 0, 1, b"x"))
assert c.goaway() == 1
c = Client()
c.send(frame(HEADERS, 5, 1, GET + bytes([0x00, 1, 0x58, 1, 0x79])))
assert c.until(RST)[3] == struct.pack(">I", 1), "a name in upper case"

# Patience: no request, a head that does not end, a body that does not come, the next request.
waits = [Client(), Client(), Client(), Client()]
waits[1].send(frame(HEADERS, 1, 1, GET[:3]))
waits[2].send(frame(HEADERS, 4, 1, POST))
waits[3].send(frame(HEADERS, 5, 1, GET))
start = time.monotonic()
for c in waits:
    while c.read() is not None:
        pass
    assert time.monotonic() - start > 2, time.monotonic() - start

# A reload tells those that have a request on its way to go when it is answered, the others at once.
busy, waiting = Client(), Client()
busy.send(frame(HEADERS, 4, 1, POST))
waiting.send(frame(HEADERS, 5, 1, GET))
waiting.until(DATA, 1)
busy.send(frame(PING, 0, 0, b"12345678"))
busy.until(PING)
path = os.environ["tmp"] + "/Caddyfile"
text = open(path).read()
with open(path + ".new", "w") as f:
    f.write(text.replace('respond "main"', 'respond "new"'))
os.rename(path + ".new", path)
os.kill(int(os.environ["DAEMON"]), signal.SIGHUP)
assert waiting.goaway() == 0
while waiting.read() is not None:
    pass
assert busy.goaway() == 0
busy.send(frame(DATA, 1, 1))
assert busy.until(DATA, 1)[3] == b"main"
while busy.read() is not None:
    pass
c = Client()
c.send(frame(HEADERS, 5, 1, GET))
assert c.until(DATA, 1)[3] == b"new"

# So does the end.
busy = Client()
busy.send(frame(HEADERS, 4, 1, POST) + frame(PING, 0, 0, b"12345678"))
busy.until(PING)
os.kill(int(os.environ["DAEMON"]), signal.SIGTERM)
assert busy.goaway() == 0
busy.send(frame(DATA, 1, 1))
assert busy.until(DATA, 1)[3] == b"new"
PY
wait_until 30 "the daemon's end" gone pointsmand
