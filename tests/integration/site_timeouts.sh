#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every timeout of a site and its limits, with clients that are slow in just that: heads, bodies,
# answers that they do not take, the next request; over HTTP/1.1 and HTTP/2. Each server has one
# short timeout, the others are a minute or more, so that an end before that is the short one's. And
# what a client is told that speaks plain HTTP where TLS is expected.
. "$(dirname "$0")/lib.sh"
need_python

HTTP=$(free_port) HEAD=$(free_port) BODY=$(free_port) WRITE=$(free_port) IDLE=$(free_port)
SIZE=$(free_port) MUTUAL=$(free_port) LAYER4=$(free_port)
cat >"$tmp/Caddyfile" <<EOF_
{
	local_certs
	http_port $HTTP
	https_port $HEAD
	servers :$HEAD {
		timeouts {
			read_header 1s
		}
	}
	servers :$BODY {
		timeouts {
			read_body 1s
		}
	}
	servers :$WRITE {
		timeouts {
			write 1s
		}
	}
	servers :$IDLE {
		timeouts {
			idle 1s
		}
	}
	servers :$SIZE {
		max_header_size 4KiB
	}
	layer4 {
		127.0.0.1:$LAYER4 {
			route {
				tls
				echo
			}
		}
	}
}

site.example.com:$HEAD, site.example.com:$BODY, site.example.com:$IDLE, site.example.com:$SIZE {
	respond "here"
}

site.example.com:$WRITE {
	respond "$(head -c 1000000 /dev/zero | tr '\0' b)"
}

# Two connection policies, so that the hello is looked at first; none is for another name.
site.example.com:$MUTUAL {
	tls {
		client_auth {
			mode require
		}
	}
	respond "here"
}
EOF_
daemon "$tmp/Caddyfile"
ctl ca root >"$tmp/root.pem" || fail "ca root"

export tmp pointsctl sock HEAD BODY WRITE IDLE SIZE MUTUAL LAYER4
"$python" - <<'PY' || fail "slow clients"
from http2_client import *
from peers import *

SHORT, OTHERS = 1, 55
REQUEST = b"GET / HTTP/1.1\r\nHost: site.example.com\r\n\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nHost: site.example.com\r\n"

def http1(name):
    return tls(port(name), "http/1.1")

def get(s):
    """One request and its answer."""
    s.sendall(REQUEST)
    head = b""
    while b"\r\n\r\n" not in head:
        head += read_exactly(s, 1)
    assert head.startswith(b"HTTP/1.1 200 "), head
    assert read_exactly(s, 4) == b"here"

def drip(s, send, data):
    """Sends data now and then until the end; all that came meanwhile."""
    got = b""
    s.settimeout(0.1)
    try:
        while True:
            send(data)
            try:
                more = s.recv(CHUNK)
            except TimeoutError:
                continue
            if not more:
                return got
            got += more
    except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
        return got

class Ends:
    """What happens within takes as long as the short timeout, and less than the others."""
    def __init__(self, what):
        self.what = what
    def __enter__(self):
        self.start = time.monotonic()
    def __exit__(self, kind, *_):
        took = time.monotonic() - self.start
        if kind is None:
            assert SHORT * 0.9 < took < OTHERS, f"{self.what}: the end after {took} s"
        else:
            print(self.what, "failed after", took, "s")

# The head: none at all, half of one, one that goes on and on.
s = http1("HEAD")
with Ends("no head"):
    assert s.recv(1) == b""
s = http1("HEAD")
s.sendall(REQUEST[:20])
with Ends("half a head"):
    assert read_all(s).startswith(b"HTTP/1.1 408 ")
s = http1("HEAD")
s.sendall(REQUEST[:-2])
with Ends("a long head"):
    assert drip(s, s.sendall, b"a: b\r\n").startswith(b"HTTP/1.1 408 ")
s = http1("HEAD")
get(s)
s.sendall(REQUEST[:20])
with Ends("half of the second head"):
    assert read_all(s).startswith(b"HTTP/1.1 408 ")
c = Http2(port("HEAD"))
c.send(frame(HEADERS, 1, 1, GET[:3]))
with Ends("half a head, HTTP/2"):
    while c.read() is not None:
        pass

# The body: as a whole, however it trickles. The answer does not wait for it.
for name, how in ("length", b"Content-Length: 100000\r\n\r\n"), ("chunks", b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"):
    s = http1("BODY")
    s.sendall(UPLOAD + how)
    with Ends(f"a body by {name}"):
        got = drip(s, s.sendall, b"1\r\na\r\n" if name == "chunks" else b"a")
        assert got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"here"), got
c = Http2(port("BODY"))
c.send(frame(HEADERS, 4, 1, POST))
with Ends("a body, HTTP/2"):
    drip(c.s, c.send, frame(DATA, 0, 1, b"a"))
s = http1("BODY")
for _ in range(4): # together they take longer than one may
    get(s)
    time.sleep(0.4)
s.close()

# The answer: who does not take it, or hardly.
def conns():
    return len(ctl(os.environ["pointsctl"], os.environ["sock"], "conn", "ls")["items"])

def wait_for_none():
    while conns() > 0:
        time.sleep(0.05)

wait_for_none()
s = http1("WRITE")
s.sendall(REQUEST * 60)
with Ends("an answer that nobody takes"):
    wait_for_none()
s = http1("WRITE")
s.sendall(REQUEST * 60)
with Ends("an answer that is hardly taken"):
    while conns() > 0:
        s.recv(1000)
        time.sleep(0.05)
c = Http2(port("WRITE"))
c.send(frame(HEADERS, 5, 1, GET))
with Ends("an answer that has no window"):
    while c.read() is not None:
        pass

# The next request.
s = http1("IDLE")
for _ in range(4):
    get(s)
    time.sleep(0.4)
with Ends("idle"):
    get(s)
    assert s.recv(1) == b""
c = Http2(port("IDLE"))
c.send(frame(HEADERS, 5, 1, GET))
c.until(DATA, 1)
with Ends("idle, HTTP/2"):
    assert c.goaway() == 0
    while c.read() is not None:
        pass

# Too long a head is answered when that is known, however it comes.
for data in (REQUEST[:-2] + b"a: " + bytes(20000).replace(b"\0", b"b"), REQUEST[:-2] + b"a: b\r\n" * 300,
             b"GET /" + bytes(20000).replace(b"\0", b"c")):
    s = http1("SIZE")
    s.sendall(data)
    assert read_all(s).startswith(b"HTTP/1.1 431 "), data[:40]
s = http1("SIZE")
s.sendall(REQUEST[:-2] + b"a: " + bytes(3000).replace(b"\0", b"b") + b"\r\nConnection: close\r\n\r\n")
assert read_all(s).startswith(b"HTTP/1.1 200 ")
c = Http2(port("SIZE"))
c.send(frame(HEADERS, 1, 1, GET + bytes([0x00, 1, 0x78, 0x7f, 0x99, 0x7d]) + bytes(16152).replace(b"\0", b"y")))
c.send(frame(CONTINUATION, 4, 1, bytes([0x00, 1, 0x7a, 1, 0x7a])))
while (f := c.read()) is not None and f[0] != GOAWAY:
    if f[0] == HEADERS:
        assert b"431" in f[3], f
        break
assert f is not None and f[0] == HEADERS, f

# Plain HTTP where TLS is expected: in one piece, in many, before and after the policies are asked.
SORRY = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
for name in "HEAD", "MUTUAL":
    for text in REQUEST, b"OPTIONS * HTTP/1.1\r\n\r\n", b"HEAD / HTTP/1.0\r\n\r\n", b"PUT /", b"POST ":
        s = connect(port(name))
        s.sendall(text)
        assert read_all(s) == SORRY, (name, text)
s = connect(port("HEAD"))
for byte in REQUEST[:5]:
    s.send(bytes([byte]))
    time.sleep(0.01)
assert read_all(s) == SORRY
for name, text in ("HEAD", b"SSH-2.0-x\r\n"), ("HEAD", b"GETTING"), ("LAYER4", REQUEST):
    s = connect(port(name))
    s.sendall(text)
    got = read_all(s)
    assert b"HTTP" not in got, (name, text, got)
PY
