#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# socks5: curl by address and by name, with and without a password, over IPv4 and IPv6, behind a
# matcher and inside TLS; what is refused and how; BIND and ASSOCIATE; many bytes and early ones.
. "$(dirname "$0")/lib.sh"
need curl curl
need_python

OPEN=$(free_port) LOCKED=$(free_port) DENIED=$(free_port) BIND=$(free_port) MUX=$(free_port)
BACKEND=$(free_port) CLOSED=$(free_port) WEB=$(free_port)
export OPEN LOCKED DENIED BIND MUX BACKEND CLOSED WEB
config <<JSON
{"apps": {"layer4": {"servers": {
    "open": {"listen": ["127.0.0.1:$OPEN", "[::1]:$OPEN"], "routes": [
        {"handle": [{"handler": "socks5"}]}]},
    "locked": {"listen": ["127.0.0.1:$LOCKED"], "routes": [{"handle": [
        {"handler": "socks5", "credentials": {"alice": "secret", "bob": "other", "": "nobody"}}]}]},
    "denied": {"listen": ["127.0.0.1:$DENIED"], "routes": [{"handle": [
        {"handler": "socks5", "commands": ["CONNECT", "associate", "bind"],
         "deny": ["127.0.0.0/8", "::1"]}]}]},
    "bind": {"listen": ["127.0.0.1:$BIND"], "routes": [{"handle": [
        {"handler": "socks5", "commands": ["BIND"]}]}]},
    "mux": {"listen": ["127.0.0.1:$MUX"], "routes": [
        {"match": [{"tls": {}}], "handle": [{"handler": "tls"}]},
        {"match": [{"socks5": {}}], "handle": [{"handler": "socks5"}]},
        {"match": [{"http": [{}]}], "handle": [{"handler": "close"}]}]},
    "web": {"listen": ["127.0.0.1:$WEB", "[::1]:$WEB"], "routes": [{"handle": [
        {"handler": "respond", "body": "HTTP/1.0 200 OK\r\n\r\nyou are {l4.conn.remote_addr}"}]}]}
}}, "tls": {"automation": {"policies": [
    {"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
    "certificates": {"automate": ["localhost"]}}}}
JSON
daemon

get() { # STATUS PROXY [OPTION…]: fetches, and wants this exit status of curl
    local want=$1 status=0
    shift
    curl -sS --max-time 30 --noproxy '' -x "$@" >"$tmp/got" 2>"$tmp/curl.log" || status=$?
    same "$want" $status "curl -x $*"
    [ "$want" != 0 ] || grep -q '^you are ' "$tmp/got" || fail "curl -x $*: $(cat "$tmp/got")"
}

url=http://127.0.0.1:$WEB/
get 0 "socks5://127.0.0.1:$OPEN" "$url"
get 0 "socks5h://127.0.0.1:$OPEN" "http://localhost:$WEB/"
get 0 "socks5://[::1]:$OPEN" "http://[::1]:$WEB/"
get 0 "socks5h://127.0.0.1:$OPEN" "http://[::1]:$WEB/"
get 0 "socks5h://alice:secret@127.0.0.1:$LOCKED" "$url"
get 0 "socks5://bob:other@127.0.0.1:$LOCKED" "$url"
get 0 "socks5://127.0.0.1:$MUX" "$url"
get 0 "socks5h://user:password@127.0.0.1:$OPEN" "$url" # does not insist
get 97 "socks5://alice:wrong@127.0.0.1:$LOCKED" "$url"
get 97 "socks5://alice:@127.0.0.1:$LOCKED" "$url"
get 97 "socks5://bob:secret@127.0.0.1:$LOCKED" "$url"
get 97 "socks5://127.0.0.1:$LOCKED" "$url"
get 97 "socks5://127.0.0.1:$OPEN" "http://127.0.0.1:$CLOSED/"
get 97 "socks5h://127.0.0.1:$OPEN" "http://no.such.name.invalid:$WEB/"
get 97 "socks5h://127.0.0.1:$DENIED" "http://localhost:$WEB/"
get 97 "socks5://127.0.0.1:$BIND" "$url"
wait_log pointsmand 'end=protocol detail="a wrong user name or password"'
wait_log pointsmand "end=dial_failed detail=\"Connection refused\""

"$python" - <<'PY' || fail "socks5"
from socks5 import *

SMALL = pattern(100)

def greeting():
    """What is answered to what is offered."""
    for to, offered, answer in (
            ("OPEN", b"\x00", 0), ("OPEN", b"\x02\x00", 0), ("OPEN", b"\x02", 255),
            ("LOCKED", b"\x00\x02", 2), ("LOCKED", b"\x00", 255), ("LOCKED", b"\x01\x80", 255)):
        s = connect(port(to))
        s.sendall(bytes([5, len(offered)]) + offered)
        expect(s, bytes([5, answer]))
        if answer == 255:
            expect_end(s)
        s.close()
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", b"\x05\x00"):
        s = connect(port("OPEN"))
        s.sendall(nonsense)
        expect_closed(s)
        s.close()

def byte_by_byte():
    """Each message in pieces of one byte; and all in one, with the first bytes for the target."""
    backend = Backend(port("BACKEND"))
    hello = b"\x05\x02\x00\x02\x01\x03bob\x05other"
    s = connect(port("LOCKED"))
    for part in (b"\x05\x02\x00\x02", b"\x01\x03bob\x05other", request(1, LOOPBACK, port("BACKEND"))):
        for byte in part:
            s.sendall(bytes([byte]))
            time.sleep(0.002)
        if part[0] == 5 and len(part) == 4:
            expect(s, b"\x05\x02")
        elif part[0] == 1:
            expect(s, b"\x01\x00")
    assert read_reply(s)[0] == 0
    t = backend.accept()
    exchange(s, t)
    s = connect(port("LOCKED"))
    s.sendall(hello + request(1, LOOPBACK, port("BACKEND")) + SMALL)
    expect(s, b"\x05\x02\x01\x00")
    reply, address = read_reply(s)
    t = backend.accept()
    expect(t, SMALL)
    assert (reply, address) == (0, t.getpeername()), (reply, address)
    exchange(s, t)
    backend.close()

def half_close():
    backend = Backend(port("BACKEND"))
    s = dial(port("OPEN"), 1, LOOPBACK, port("BACKEND"))
    t = backend.accept()
    big = pattern(3_000_000)
    sender = threading.Thread(target=lambda: (s.sendall(big), s.shutdown(socket.SHUT_WR)))
    sender.start()
    assert read_all(t) == big
    sender.join()
    t.sendall(SMALL)
    t.close()
    assert read_all(s) == SMALL
    s.close()
    backend.close()

def replies():
    """The code for each thing that does not go."""
    for to, command, host, at, code in (
            ("OPEN", 1, LOOPBACK, port("CLOSED"), 5), ("OPEN", 1, "255.255.255.255", 80, 2),
            ("OPEN", 1, "0.0.0.0", port("WEB"), 2), ("OPEN", 1, "::", port("WEB"), 2),
            ("OPEN", 1, "224.0.0.1", 80, 2), ("OPEN", 1, "no.such.name.invalid", 80, 4),
            ("OPEN", 1, "not a name", 80, 4), ("OPEN", 1, "", 80, 4), ("OPEN", 2, LOOPBACK, 80, 2),
            ("OPEN", 9, LOOPBACK, 80, 7), ("OPEN", 0, LOOPBACK, 80, 7), ("BIND", 1, LOOPBACK, 80, 2),
            ("BIND", 3, "0.0.0.0", 0, 2), ("DENIED", 1, LOOPBACK, port("WEB"), 2),
            ("DENIED", 1, "localhost", port("WEB"), 2), ("DENIED", 1, "::ffff:127.0.0.1", 80, 2),
            ("DENIED", 2, LOOPBACK, 80, 2)):
        s = session(port(to))
        s.sendall(request(command, host, at))
        got = read_reply(s)
        assert got == (code, ("0.0.0.0", 0)), (to, command, host, got)
        expect_end(s)
        s.close()
    s = session(port("OPEN"))
    s.sendall(b"\x05\x01\x00\x07\x00\x00")
    assert read_reply(s)[0] == 8
    expect_end(s)
    s.close()

def bind():
    """The target connects to us; nobody else may."""
    for named in (LOOPBACK, "localhost", "0.0.0.0"):
        s = session(port("BIND"))
        s.sendall(request(2, named, 0))
        reply, at = read_reply(s)
        assert reply == 0 and at[0] == "127.0.0.1" and at[1] > 0, (reply, at)
        if named != "0.0.0.0":
            stranger = socket.create_connection(at, source_address=("127.0.0.9", 0))
            expect_closed(stranger)
            stranger.close()
        t = socket.create_connection(at, source_address=("127.0.0.1", 0))
        reply, who = read_reply(s)
        assert (reply, who) == (0, t.getsockname()), (reply, who)
        exchange(s, t)
        refused(at)
    s = session(port("BIND"))
    s.sendall(request(2, LOOPBACK, 0))
    reply, at = read_reply(s)
    reset(s)
    within(30, "the end of listening", lambda: is_refused(at))

def inside_tls():
    backend = Backend(port("BACKEND"))
    s = tls_context().wrap_socket(connect(port("MUX")), server_hostname="localhost")
    s.sendall(b"\x05\x01\x00")
    expect(s, b"\x05\x00")
    s.sendall(request(1, LOOPBACK, port("BACKEND")) + SMALL)
    assert read_reply(s)[0] == 0
    t = backend.accept()
    expect(t, SMALL)
    exchange(s, t)
    backend.close()

greeting()
byte_by_byte()
half_close()
replies()
bind()
inside_tls()
PY

"$python" - <<'PY' || fail "socks5 over UDP"
from socks5 import *

def ask(u, relay, target, payload):
    u.sendto(wrap(target, payload), relay)
    return unwrap(u.recv(CHUNK))

server = Server()
big = pattern(60000)

# Names, addresses, empty and large datagrams; the answer says where it comes from.
s, relay = associate(port("OPEN"))
u = udp()
for host in (LOOPBACK, "localhost"):
    for payload in (b"x", b"", big):
        assert ask(u, relay, (host, server.at[1]), payload) == (server.at, payload)
assert server.count == 6

# Only from the client's address and port.
for source in (("127.0.0.9", 0), ("127.0.0.1", 0)):
    stranger = udp(source)
    stranger.sendto(wrap(server.at, b"stranger"), relay)
    nothing(stranger)

# Fragments, nonsense, no port, no name, where nobody may go: dropped, and nothing is harmed.
good = wrap(server.at, b"lost")
for bad in (b"\0\0\1" + good[3:], b"\0\0\x80" + good[3:], b"", b"\0", good[:7], b"\0\0\0\7" + good[4:],
            wrap((LOOPBACK, 0), b"x"), wrap(("0.0.0.0", server.at[1]), b"x"),
            wrap(("no.such.name.invalid", 53), b"x"), wrap(("bad name", 53), b"x")):
    u.sendto(bad, relay)
nothing(u)
assert server.count == 6, server.count

# Who was never written to has no answer to give.
outside = udp()
outside.sendto(b"unasked", server.source)
nothing(u)
assert ask(u, relay, server.at, b"still here") == (server.at, b"still here")

# Two targets by turns, and a burst.
other = Server()
for i in range(20):
    target = (server, other)[i % 2].at
    assert ask(u, relay, target, b"%d" % i) == (target, b"%d" % i)
for i in range(200):
    u.sendto(wrap(server.at, b"%d" % i), relay)
got = {unwrap(u.recv(CHUNK))[1] for _ in range(200)}
assert got == {b"%d" % i for i in range(200)}

# It ends with the connection.
s.close()
within(30, "the end of the relay", lambda: is_unreachable(relay))

# A port that the client names is the only one.
named, taken = udp(), udp()
s, relay = associate(port("OPEN"), ("127.0.0.1", named.getsockname()[1]))
taken.sendto(wrap(server.at, b"taken"), relay)
nothing(taken)
assert ask(named, relay, server.at, b"named") == (server.at, b"named")
s.close()

# IPv6, from a client that came by IPv6 and from one that did not.
six = Server("::1")
s, relay = associate(port("OPEN"), ("::", 0), "::1")
assert relay[0] == "::1", relay
u = udp(("::1", 0))
assert ask(u, relay, six.at, b"six") == (six.at, b"six")
assert ask(u, relay, server.at, b"four") == (server.at, b"four")
s.close()

# Where clients may not go.
s, relay = associate(port("DENIED"))
u = udp()
u.sendto(wrap(server.at, b"denied"), relay)
u.sendto(wrap(("localhost", server.at[1]), b"denied"), relay)
nothing(u)
s.close()
PY
wait_until 30 "the end of all sessions" no_connections
