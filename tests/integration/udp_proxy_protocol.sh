#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# PROXY version 2 on every datagram: sent with the client's addresses, taken off again and used;
# several clients behind one socket are kept apart; what breaks the policy is dropped.
. "$(dirname "$0")/lib.sh"
need_python

SEND=$(free_port) RECEIVE=$(free_port) REQUIRE=$(free_port) REJECT=$(free_port) BACKEND=$(free_port)
RESPOND=$(free_port)
export SEND RECEIVE REQUIRE REJECT BACKEND RESPOND SOCK=$sock POINTSCTL=$pointsctl
proxy='{"handler": "proxy", "proxy_protocol": "v2", "upstreams": [{"dial": ["udp/127.0.0.1:'
config <<JSON
{"apps": {"layer4": {"servers": {
    "send": {"listen": ["udp/:$SEND"], "routes": [{"handle": [$proxy$BACKEND"]}]}]}]},
    "receive": {"listen": ["udp/127.0.0.1:$RECEIVE"], "routes": [
        {"handle": [{"handler": "proxy_protocol"}]},
        {"match": [{"remote_ip": {"ranges": ["10.6.6.0/24"]}}], "handle": [{"handler": "close"}]},
        {"match": [{"regexp": {"pattern": "who", "count": 3}}], "handle": [{"handler": "respond",
            "body": "{l4.conn.remote_ip} {l4.conn.remote_port} {l4.conn.local_ip} {l4.proxy_protocol.authority}"}]},
        {"handle": [$proxy$BACKEND"]}]}]}]},
    "require": {"listen": ["udp/127.0.0.1:$REQUIRE"], "routes": [{"handle": [
        {"handler": "proxy_protocol", "fallback_policy": "REQUIRE"}, {"handler": "echo"}]}]},
    "reject": {"listen": ["udp/127.0.0.1:$REJECT"], "routes": [{"handle": [
        {"handler": "proxy_protocol", "deny": ["127.0.0.0/8"]}, {"handler": "echo"}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "PROXY headers on datagrams"
import json, subprocess
from peers import *

def conns(server):
    out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", "conn", "ls",
        "server==" + server], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)["items"]

def header(src, dst, command=1, tlvs=b""):
    full = bytearray(proxy_v2(src, dst, command, tlvs))
    full[13] = 0x12  # datagrams over IPv4
    return bytes(full)

backend = datagrams(("127.0.0.1", port("BACKEND")))

# Sent: on every datagram, with the address that this client wrote to.
for host in ("127.0.0.1", "127.0.0.5"):
    client = datagrams(("127.0.0.77", 0))
    for data in (b"", b"one", pattern(65000)):
        client.sendto(data, (host, port("SEND")))
        got, source = backend.recvfrom(CHUNK)
        assert got == header(client.getsockname(), (host, port("SEND"))) + data, got[:60]
        backend.sendto(data[::-1], source)
        assert client.recvfrom(CHUNK) == (data[::-1], (host, port("SEND")))

# Taken: several clients behind one socket; each has its answers, its route and its upstream socket.
front = datagrams(to=port("RECEIVE"))
here = ("192.0.2.1", 53)
one, two, bad = ("10.0.0.1", 1111), ("10.0.0.2", 2222), ("10.6.6.6", 666)
sources = {}
for i in range(3):
    for who in (one, two, one):
        front.send(header(who, here) + b"%d" % i)
        got, source = backend.recvfrom(CHUNK)
        assert got == header(who, here) + b"%d" % i, got
        assert sources.setdefault(who, source) == source
        front.send(header(bad, here) + b"not to be seen")
        backend.sendto(b"for %s" % who[0].encode(), source)
        expect_datagram(front, b"for %s" % who[0].encode())
assert sources[one] != sources[two]
assert sorted(c["src"] for c in conns("receive")) == ["10.0.0.1:1111", "10.0.0.2:2222"]
assert {c["dst"] for c in conns("receive")} == {"192.0.2.1:53"}
front.send(header(("10.0.0.3", 3), here, tlvs=b"\x02\0\x04name") + b"who")
expect_datagram(front, b"10.0.0.3 3 192.0.2.1 name")

# LOCAL, and no header at all, are the front's own word.
for own in (header(one, here, command=0) + b"who", b"who"):
    front.send(own)
    expect_datagram(front, b"127.0.0.1 %d 127.0.0.1 " % front.getsockname()[1])

# Malformed: dropped, and the flow goes on.
front.send(header(one, here)[:20])
front.send(header(one, here) + b"after")
assert backend.recvfrom(CHUNK)[0] == header(one, here) + b"after"

client = datagrams(to=port("REQUIRE"))
client.send(b"none")
expect_no_datagram(client)
assert conns("require") == []
client.send(header(one, here) + b"with")
expect_datagram(client, b"with")
client.send(b"none")
client.send(header(one, here) + b"with, too")
expect_datagram(client, b"with, too")

client = datagrams(to=port("REJECT"))
client.send(b"none")
expect_datagram(client, b"none")
client.send(header(one, here) + b"with")
client.send(b"none again")
expect_datagram(client, b"none again")
client = datagrams(to=port("REJECT"))
client.send(header(one, here) + b"with")
expect_no_datagram(client)
PY
wait_log pointsmand 'server=require .*end=proxy_header detail=.no PROXY header, which is required'
wait_log pointsmand 'server=reject .*end=proxy_header detail=.a PROXY header from an address'
