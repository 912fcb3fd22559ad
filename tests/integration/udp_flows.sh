#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Datagrams of any size go both ways whole, answers leave from the address that was asked, clients
# are apart from one another; a flow is a connection to list, to kill and to log, and ends by
# silence. Over UDP and over Unix sockets.
. "$(dirname "$0")/lib.sh"
need_python

ECHO=$(free_port) PROXY=$(free_port) BACKEND=$(free_port) RESPOND=$(free_port) SHORT=$(free_port)
BOTH=$(free_port) CLOSE=$(free_port)
export ECHO PROXY BACKEND RESPOND SHORT BOTH CLOSE TMP=$tmp SOCK=$sock POINTSCTL=$pointsctl
config <<JSON
{"apps": {"layer4": {"servers": {
    "echo": {"listen": ["udp/:$ECHO", "unixgram/$tmp/echo.sock"], "routes": [{"handle": [{"handler": "echo"}]}]},
    "proxy": {"listen": ["udp/127.0.0.1:$PROXY"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["udp/127.0.0.1:$BACKEND"]}]}]}]},
    "unix": {"listen": ["unixgram/$tmp/proxy.sock"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["unixgram/$tmp/echo.sock"]}]}]}]},
    "respond": {"listen": ["udp/127.0.0.1:$RESPOND"], "routes": [{"handle": [{"handler": "respond",
        "body": "{l4.conn.remote_ip} {l4.conn.local_port}"}]}]},
    "short": {"listen": ["udp/127.0.0.1:$SHORT"], "idle_timeout": "3s", "routes": [{"handle": [{"handler": "echo"}]}]},
    "close": {"listen": ["udp/127.0.0.1:$CLOSE"], "routes": [{"handle": [{"handler": "close"}]}]},
    "both": {"listen": ["udp/127.0.0.1:$BOTH", "127.0.0.1:$BOTH"], "routes": [
        {"match": [{"regexp": {"pattern": "tls", "count": 3}}], "handle": [{"handler": "postgres_tls"}]},
        {"match": [{"regexp": {"pattern": "out", "count": 3}}], "handle": [{"handler": "proxy",
            "upstreams": [{"dial": ["127.0.0.1:$BACKEND"]}]}]},
        {"match": [{"regexp": {"pattern": "yes", "count": 3}}], "handle": [{"handler": "echo"}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "flows"
import json, subprocess
from peers import *

def ctl(*args):
    out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", *args],
        check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)

def conn(src):
    return [c for c in ctl("conn", "ls")["items"] if c["src"] == src]

def name(s):
    return "%s:%d" % s.getsockname()[:2]

SIZES = (0, 1, 1400, 65507)

# An echo of each size, and the answer's address is the one asked.
for host in ("127.0.0.1", "127.0.0.9", "127.200.3.4"):
    client = datagrams(("127.0.0.7", 0))
    for size in SIZES:
        data = pattern(size)
        client.sendto(data, (host, port("ECHO")))
        got, source = client.recvfrom(CHUNK)
        assert got == data and source == (host, port("ECHO")), (len(got), source)
client = datagrams(("::1", 0))
client.sendto(b"six", ("::1", port("ECHO")))
assert client.recvfrom(CHUNK)[:2] == (b"six", ("::1", port("ECHO"), 0, 0))

# One client that writes to two of our addresses is two flows, with the addresses it wrote to.
client = datagrams()
for host in ("127.0.0.1", "127.0.0.2"):
    client.sendto(b"x", (host, port("ECHO")))
    assert client.recvfrom(CHUNK) == (b"x", (host, port("ECHO")))
assert sorted(c["dst"] for c in conn(name(client))) == \
    ["127.0.0.%d:%d" % (i, port("ECHO")) for i in (1, 2)]
assert all(c["proto"] == "udp" and c["server"] == "echo" for c in conn(name(client)))

# Through the proxy: boundaries and order are kept both ways, and clients have sockets of their own.
backend = datagrams(("127.0.0.1", port("BACKEND")))
first, second = datagrams(to=port("PROXY")), datagrams(to=port("PROXY"))
seen = {}
for client in (first, second):
    for size in SIZES:
        client.send(pattern(size))
        got, source = backend.recvfrom(CHUNK)
        assert got == pattern(size)
        backend.sendto(got[::-1], source)
        expect_datagram(client, got[::-1])
        seen.setdefault(client, set()).add(source)
assert len(seen[first]) == len(seen[second]) == 1 and seen[first] != seen[second]
to_second = seen[second].pop()
for i in range(50):
    second.send(b"%d" % i)
for i in range(50):
    expect_datagram(backend, b"%d" % i)
for i in range(50):
    backend.sendto(b"%d" % i, to_second)
for i in range(50):
    expect_datagram(second, b"%d" % i)
row, = conn(name(first))
assert row["upstream"] == "udp/127.0.0.1:%d" % port("BACKEND"), row
assert row["bytes_in"] == row["bytes_out"] == sum(SIZES) and row["state"] == "relaying", row

# Killed: the next datagram is a new flow's.
ctl("conn", "kill", str(row["id"]))
assert conn(name(first)) == []
first.send(b"again")
got, source = backend.recvfrom(CHUNK)
assert got == b"again" and source not in seen[first]

# Unix sockets on both sides: answers go to a client that has a name, of either kind.
for own in (os.environ["TMP"] + "/client", "\0pointsman-test-%d" % os.getpid()):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.bind(own)
    for listener in ("echo", "proxy"):
        client.connect(f"{os.environ['TMP']}/{listener}.sock")
        for size in (0, 1, 1400, 65536):
            client.send(pattern(size))
            expect_datagram(client, pattern(size))
        client.send(bytes(65537))  # too long: dropped, and nothing is harmed
        client.send(b"after")
        expect_datagram(client, b"after")
unnamed = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
unnamed.connect(os.environ["TMP"] + "/echo.sock")
unnamed.send(b"whom should it answer?")
within(30, "lost datagrams to be counted", lambda: ctl("status")["datagrams_lost"] >= 5)

# Each datagram is answered; one that nobody wants is not, and leaves nothing behind.
client = datagrams(to=port("RESPOND"))
for _ in range(3):
    client.send(b"?")
for _ in range(3):
    expect_datagram(client, b"127.0.0.1 %d" % port("RESPOND"))
assert conn(name(client)) == []
client = datagrams(to=port("CLOSE"))
client.send(b"x")
expect_no_datagram(client)
assert conn(name(client)) == []

# A server of both kinds: what needs a stream ends a flow, and a stream does not end in datagrams.
client = datagrams(to=port("BOTH"))
for data in (b"yes", b"tls", b"yes", b"out", b"yes", b"non"):
    client = datagrams(to=port("BOTH")) if data != b"yes" else client
    client.send(data)
    if data == b"yes":
        expect_datagram(client, data)
    else:
        within(30, "the end of the flow", lambda: conn(name(client)) == [])
        client = datagrams(to=port("BOTH"))
stream = connect(port("BOTH"))
stream.sendall(b"yes")
expect(stream, b"yes")

# A forged datagram from the listener's own address would have it answer itself for ever.
try:
    forged = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
except PermissionError:
    forged = None
if forged:
    udp = struct.pack("!HHHH", port("SHORT"), port("SHORT"), 12, 0) + b"loop"
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
        socket.inet_aton("127.0.0.1"), socket.inet_aton("127.0.0.1"))
    lost = ctl("status")["datagrams_lost"]
    forged.sendto(ip + udp, ("127.0.0.1", 0))
    within(30, "the forged datagram", lambda: ctl("status")["datagrams_lost"] == lost + 1)

# Silence ends it, and nothing else does.
client = datagrams(to=port("SHORT"))
start = time.monotonic()
while time.monotonic() < start + 4:
    client.send(b"x")
    expect_datagram(client, b"x")
    time.sleep(0.2)
assert conn(name(client))[0]["age"] > 3.5, conn(name(client))
within(30, "the silent flow's end", lambda: conn(name(client)) == [])
PY
wait_log pointsmand 'access: connection .*server=short .*end=idle_timeout'
wait_log pointsmand 'server=respond .*end=handler_done'
wait_log pointsmand 'server=both .*end=datagrams detail=postgres_tls'
wait_log pointsmand 'server=both .*end=dial_failed detail=.*takes a stream'
wait_log pointsmand 'server=both .*end=no_route'
wait_log pointsmand 'server=proxy .*end=killed'
