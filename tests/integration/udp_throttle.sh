#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# throttle drops the datagrams over a client's rate and over that of all, counts them, and lets more
# through as time goes by; one longer than the burst takes all of it; latency comes once.
. "$(dirname "$0")/lib.sh"
need_python

OWN=$(free_port) TOTAL=$(free_port) LATE=$(free_port)
export OWN TOTAL LATE SOCK=$sock POINTSCTL=$pointsctl
config <<JSON
{"apps": {"layer4": {"servers": {
    "own": {"listen": ["udp/127.0.0.1:$OWN"], "routes": [{"handle": [{"handler": "throttle",
        "read_bytes_per_second": 100, "read_burst_size": 3000}, {"handler": "echo"}]}]},
    "total": {"listen": ["udp/127.0.0.1:$TOTAL"], "routes": [{"handle": [{"handler": "throttle",
        "total_read_bytes_per_second": 1, "total_read_burst_size": 2000}, {"handler": "echo"}]}]},
    "late": {"listen": ["udp/127.0.0.1:$LATE"], "routes": [{"handle": [{"handler": "throttle",
        "latency": "500ms"}, {"handler": "echo"}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "throttle"
import json, subprocess
from peers import *

def lost():
    out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", "status"],
        check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)["datagrams_lost"]

def passing(client, count, size):
    """How many of count datagrams come back, while the others are counted as lost."""
    before, back = lost(), 0
    for _ in range(count):
        client.send(bytes(size))
    client.settimeout(0.1)
    def settled():
        nonlocal back
        try:
            while True:
                assert client.recv(CHUNK) == bytes(size)
                back += 1
        except TimeoutError:
            return back + lost() - before == count
    within(TIMEOUT, "the fate of each datagram", settled)
    return back

# The rate is so low that a slow machine does not let one more through.
one, two = datagrams(to=port("OWN")), datagrams(to=port("OWN"))
assert passing(one, 20, 900) == 3
assert passing(two, 20, 900) == 3, "each client has a burst of its own"
assert lost() == 34
within(20, "more to pass", lambda: passing(one, 1, 900) == 1)
assert passing(datagrams(to=port("OWN")), 3, 60000) == 1, "longer than the burst"

one, two = datagrams(to=port("TOTAL")), datagrams(to=port("TOTAL"))
assert passing(one, 5, 900) == 2
assert passing(two, 5, 900) == 0

client = datagrams(to=port("LATE"))
start = time.monotonic()
for i in range(5):
    client.send(b"%d" % i)
for i in range(5):
    expect_datagram(client, b"%d" % i)
assert time.monotonic() - start >= 0.5
client.send(b"later")
expect_datagram(client, b"later")
PY
