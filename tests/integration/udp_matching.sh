#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Routes of datagrams: QUIC by name from real clients' first datagrams, which arrive whole, in order
# and once at the upstream; an undecided client delays nobody, keeps a bounded amount, and ends.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) AGAIN=$(free_port) WEB=$(free_port) LOCAL=$(free_port) OTHER=$(free_port)
export LISTEN AGAIN WEB LOCAL OTHER SOCK=$sock POINTSCTL=$pointsctl FLIGHTS=$top_srcdir/tests/unit/quic_flights.h
to() {
    echo '{"handler": "proxy", "upstreams": [{"dial": ["udp/127.0.0.1:'"$1"'"]}]}'
}
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["udp/127.0.0.1:$LISTEN"], "matching_timeout": "10s", "routes": [
    {"match": [{"quic": {"sni": ["www.example.com"]}}], "handle": [$(to "$WEB")]},
    {"match": [{"quic": {"alpn": ["h3"]}}], "handle": [{"handler": "subroute", "routes": [
        {"match": [{"quic": {"sni": ["other.example"]}}], "handle": [{"handler": "close"}]},
        {"match": [{"quic": {"sni": ["localhost"]}}], "handle": [$(to "$LOCAL")]}]}]},
    {"match": [{"tls": {}}, {"proxy_protocol": {}}, {"http": []}, {"ssh": {}}], "handle": [{"handler": "close"}]},
    {"handle": [$(to "$OTHER")]}
]},
"again": {"listen": ["udp/127.0.0.1:$AGAIN"], "routes": [
    {"match": [{"quic": {"alpn": ["h3"]}}], "handle": [{"handler": "vars", "seen": "yes"}, {"handler": "subroute", "routes": [
        {"match": [{"quic": {"sni": ["other.example"]}}], "handle": [{"handler": "close"}]}]}]},
    {"match": [{"vars": {"seen": ["yes"]}, "regexp": {"pattern": "^CA000000", "count": 4, "hex": true}}], "handle": [$(to "$WEB")]}
]}}}}}
JSON
daemon

"$python" - <<'PY' || fail "matching"
import json, re, subprocess
from peers import *

def ctl(*args):
    out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", *args],
        check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)

def flights():
    """Name -> the datagrams of a client's hello, as recorded."""
    out = {}
    with open(os.environ["FLIGHTS"]) as f:
        for m in re.finditer(r'\{"(\w+)", "[^"]*", "[^"]*", "[^"]*", "[^"]*", (\d), \{(.*?)\}\}', f.read(), re.S):
            hexes = ["".join(re.findall(r'"([0-9a-f]+)"', part)) for part in re.split('(?<="),', m[3])]
            out[m[1]] = [bytes.fromhex(h) for h in hexes]
            assert len(out[m[1]]) == int(m[2]), m[1]
    return out

flights = flights()
web, local, other = (datagrams(("127.0.0.1", port(name))) for name in ("WEB", "LOCAL", "OTHER"))

def goes_to(backend, sent, listen="LISTEN"):
    client = datagrams(to=port(listen))
    for d in sent:
        client.send(d)
    for d in sent:
        got, source = backend.recvfrom(CHUNK)
        assert got == d, (len(got), len(d))
    backend.sendto(b"answer", source)
    expect_datagram(client, b"answer")

goes_to(web, flights["go"])
goes_to(web, flights["go_v2"])
goes_to(web, flights["go"] + [b"x", b"", pattern(40000)])
goes_to(local, flights["gtls"])
goes_to(local, flights["gtls_draft29"])
goes_to(other, flights["kdig"])
# After a chain, and after a subroute in which nothing matched, the first datagram is asked about.
assert flights["go"][0][0] == 0xca != flights["go"][1][0]
goes_to(web, flights["go"], "AGAIN")
# Only the beginnings of what other matchers know: nothing more will come of one datagram.
for data in (b"\x16\x03\x01\x02\x00\x01", b"PROXY", b"GET / HT", b"SSH", b"", b"x"):
    goes_to(other, [data])

# An undecided client: half of a hello, then as much as it likes. Others go through meanwhile.
stuck = datagrams(to=port("LISTEN"))
stuck.send(flights["go"][0])
state = lambda: [c["state"] for c in ctl("conn", "ls")["items"] if c["src"] == "127.0.0.1:%d" % stuck.getsockname()[1]]
within(30, "the undecided flow", lambda: state() == ["matching"])
goes_to(local, flights["gtls"])
goes_to(other, [b"quick"])
assert state() == ["matching"], "an undecided flow delayed others"
within(30, "the undecided flow's end", lambda: state() == [])
assert ctl("status")["datagrams_lost"] == 0

# What does not fit into the memory of an undecided flow is lost and counted; the rest goes through
# as soon as the hello is complete.
stuck = datagrams(to=port("LISTEN"))
first, last = flights["go"]
fitting = 65536 // len(first)
for _ in range(fitting + 9):
    stuck.send(first)
within(30, "lost datagrams", lambda: ctl("status")["datagrams_lost"] == 9)
stuck.send(last)
for _ in range(fitting):
    expect_datagram(web, first)
expect_datagram(web, last)
PY
wait_log pointsmand 'server=main .*end=matching_timeout'
