#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Upstreams that are not there: a refusal ends the flow and counts for passive health, an active
# check takes the address out and back in, balancing is by flow; placeholders choose an upstream.
. "$(dirname "$0")/lib.sh"
need_python

PASSIVE=$(free_port) ACTIVE=$(free_port) ROBIN=$(free_port) NAMED=$(free_port) GONE=$(free_port)
AGED=$(free_port) A=$(free_port) B=$(free_port)
export PASSIVE ACTIVE ROBIN NAMED GONE AGED A B SOCK=$sock POINTSCTL=$pointsctl
first='"load_balancing": {"selection": {"policy": "first"}}'
robin='"load_balancing": {"selection": {"policy": "round_robin"}}'
pair='"upstreams": [{"dial": ["udp/127.0.0.1:'$A'"]}, {"dial": ["udp/127.0.0.1:'$B'"]}]'
watched=${pair//udp/udp4} # other names, so that the checks say nothing of the others' peers
config <<JSON
{"apps": {"layer4": {"servers": {
    "gone": {"listen": ["udp/127.0.0.1:$GONE"], "routes": [{"handle": [{"handler": "proxy",
        "upstreams": [{"dial": ["unixgram/$tmp/nobody"]}, {"dial": ["udp/localhost:$A"]}]}]}]},
    "passive": {"listen": ["udp/127.0.0.1:$PASSIVE"], "routes": [{"handle": [{"handler": "proxy", $first, $pair,
        "health_checks": {"passive": {"fail_duration": "1m", "max_fails": 2}}}]}]},
    "active": {"listen": ["udp/127.0.0.1:$ACTIVE"], "routes": [{"handle": [{"handler": "proxy", $first, $watched,
        "health_checks": {"active": {"interval": "100ms", "timeout": "50ms"}}}]}]},
    "robin": {"listen": ["udp/127.0.0.1:$ROBIN"], "routes": [{"handle": [{"handler": "proxy", $robin, $pair}]}]},
    "aged": {"listen": ["udp/127.0.0.1:$AGED"], "routes": [{"handle": [{"handler": "proxy", $pair, "max_age": "1s"}]}]},
    "named": {"listen": ["udp/127.0.0.1:$NAMED"], "routes": [{"handle": [
        {"handler": "vars", "host": "localhost"},
        {"handler": "proxy", "upstreams": [{"dial": ["udp/{l4.vars.host}:$B"], "allow_local": true}]}]}]}
}}}}
JSON
daemon "$tmp/config.json" --workers 1 # so that the turns of the policy are known

"$python" - <<'PY' || fail "upstreams"
import json, subprocess
from peers import *

def conns(s):
    src = "%s:%d" % s.getsockname()
    out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", "conn", "ls"],
        check=True, stdout=subprocess.PIPE).stdout
    return [c for c in json.loads(out)["items"] if c["src"] == src]

class Server:
    """Counts what is not empty, which health checks are."""

    def __init__(self, name):
        self.name = name
        self.socket = datagrams(("127.0.0.1", port(name)))

    def serves(self, client, data=b"x"):
        client.send(data)
        got, source, end = b"", None, time.monotonic() + TIMEOUT
        while got != data:
            assert time.monotonic() < end, "nothing has come"
            self.socket.settimeout(TIMEOUT)
            got, source = self.socket.recvfrom(CHUNK)
        self.socket.sendto(data, source)
        expect_datagram(client, data)

def is_served(server, client):
    client.send(b"?")
    server.socket.settimeout(0.2)
    end = time.monotonic() + 0.3
    try:
        while time.monotonic() < end:
            if server.socket.recvfrom(CHUNK)[0]:
                return True
    except TimeoutError:
        pass
    return False

b = Server("B")

# Nobody at A: two clients are refused, then A is left alone.
for _ in range(2):
    client = datagrams(to=port("PASSIVE"))
    client.send(b"x")
    within(30, "the refused flow's end", lambda: conns(client) == [])
b.serves(datagrams(to=port("PASSIVE")))

# A client that was refused begins again; what answered once and is gone ends the flow.
client = datagrams(to=port("PASSIVE"))
b.serves(client)
b.socket.close()
client.send(b"y")
within(30, "the reset flow's end", lambda: conns(client) == [])
b = Server("B")
b.serves(client)

# A Unix socket that is not there is known at once: the next one is dialled, by name.
a = Server("A")
for _ in range(4):
    a.serves(datagrams(to=port("GONE")))

# Active checks: A is back in, out, and in again.
within(30, "A to be up", lambda: is_served(a, datagrams(to=port("ACTIVE"))))
a.serves(datagrams(to=port("ACTIVE")))
a.socket.close()
within(30, "B to take over", lambda: is_served(b, datagrams(to=port("ACTIVE"))))
a = Server("A")
within(30, "A to be up again", lambda: is_served(a, datagrams(to=port("ACTIVE"))))

# A flow stays with its upstream; flows take turns.
clients = [datagrams(to=port("ROBIN")) for _ in range(6)]
for i, client in enumerate(clients):
    for _ in range(3):
        (a, b)[i % 2].serves(client)
b.serves(datagrams(to=port("NAMED")))
client = datagrams(to=port("AGED"))
client.send(b"x")
within(30, "max_age", lambda: conns(client) == [])
PY
wait_log pointsmand 'server=passive .*end=dial_failed detail=.Connection refused'
wait_log pointsmand 'server=passive .*end=upstream_reset detail=.Connection refused'
wait_log pointsmand 'health: the upstream fails and is left alone'
wait_log pointsmand 'health: the upstream is down .*refused'
wait_log pointsmand 'server=aged .*end=max_age'
