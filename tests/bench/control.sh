#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Figures of the control plane: listing many connections, adding to many routes, many changes under
# long connections, many transactions in flight. Needs 20,000 descriptors.
. "$(dirname "$0")/../integration/lib.sh"
need_msgpack

ulimit -n "$(ulimit -H -n)"
LISTEN=$(free_port) ECHO=$(free_port)
export LISTEN ECHO SOCK=$sock POINTSCTL=$pointsctl
"$python" - >"$tmp/config.json" <<'PY'
import json, os
routes = [{"@id": f"r{i}", "match": [{"tls": {"sni": [f"host{i}.example.com"]}}],
           "handle": [{"handler": "proxy", "upstreams": [{"dial": [f"10.{i >> 8 & 255}.{i & 255}.1:443"]}]}]}
          for i in range(100)]
routes.append({"@id": "hold", "match": [{"remote_ip": {"ranges": ["127.0.0.0/8"]}}],
               "handle": [{"handler": "echo"}]})
print(json.dumps({"apps": {"layer4": {"servers": {
    "main": {"listen": [f"127.0.0.1:{os.environ['LISTEN']}"], "routes": routes,
             "silence_timeout": "1s"},
    "echo": {"listen": [f"127.0.0.1:{os.environ['ECHO']}"], "routes": [{"@id": "e", "handle": [{"handler": "echo"}]}]},
}}}}))
PY
daemon "$tmp/config.json" >/dev/null
export DAEMON=${pids[pointsmand]}

"$python" - <<'PY' || fail "bench"
import json, statistics, subprocess, threading
from control_client import Client
from peers import *

control = Client(os.environ["SOCK"], timeout=60)
ROUTE = '{"match":[{"tls":{"sni":["n%d.example.com"]}}],"handle":[{"handler":"proxy","upstreams":[{"dial":["10.0.0.2:443"]}]}]}'

def rss():
    return rss_kib(port("DAEMON")) / 1024

def timed(work):
    start = time.monotonic()
    work()
    return (time.monotonic() - start) * 1000

def echo_times(stop, out):
    """Round trips of one connection, ms: what a stalled worker would show in."""
    s = connect(port("ECHO"))
    while not stop.is_set():
        start = time.monotonic()
        s.sendall(b"x")
        expect(s, b"x")
        out.append((time.monotonic() - start) * 1000)

def beside(work):
    """What work takes, ms, and the round trips meanwhile."""
    stop, times = threading.Event(), []
    threads = [threading.Thread(target=echo_times, args=(stop, times)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    took = work()
    stop.set()
    for thread in threads:
        thread.join()
    times.sort()
    return took, times[len(times) // 2], times[int(len(times) * 0.99)], times[-1]

def open_connections(count):
    out = []
    for i in range(count):
        s = connect(port("ECHO"))
        s.sendall(b"x")
        expect(s, b"x")
        out.append(s)
    return out

held = open_connections(9000)

# --- conn ls ---------------------------------------------------------------------------------
ls = [os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", "conn", "ls"]
def list_all():
    assert len(json.loads(subprocess.run(ls, capture_output=True, check=True).stdout)["items"]) >= 9000
raw = statistics.median(timed(lambda: control.call("conn.ls")) for _ in range(5))
tool = statistics.median(timed(lambda: subprocess.run(ls, stdout=subprocess.DEVNULL, check=True)) for _ in range(7))
list_all()
print(f"pointsctl -j conn ls, 9,000 connections: {tool:.0f} ms (a client in Python: {raw:.0f} ms)")
def list_often():
    for _ in range(10):
        subprocess.run(ls, stdout=subprocess.DEVNULL, check=True)
    return 0
quiet = beside(lambda: time.sleep(1) or 0)
busy = beside(list_often)
for name, (_, median, high, most) in (("without", quiet), ("beside conn ls", busy)):
    print(f"  an echo {name}: median {median:.3f} ms, p99 {high:.3f} ms, most {most:.3f} ms")

# --- many changes under long connections ---------------------------------------------------------
held += open_connections(1000)
def change(i):
    control.call("txn.apply", operations=json.dumps([
        {"op": "route.set", "id": "hold", "key": "disabled", "value": "true" if i % 2 else "false"},
        {"op": "upstream.swap", "proxy": f"r{i % 100}", "dial": [f"10.9.{i >> 8}.{i & 255}:443"]},
        {"op": "route.set", "id": "e", "key": "match", "value": json.dumps([{"remote_ip": {"ranges": ["127.0.0.0/8", f"10.{i & 255}.0.0/16"]}}])}]))
change(0)
before = rss()
took = timed(lambda: [change(i) for i in range(1, 1001)])
print(f"1,000 changes under {len(held):,} connections: {took / 1000:.2f} ms each, memory {before:.1f} -> {rss():.1f} MiB ({rss() / before * 100 - 100:+.1f} %)")
some = held[::1000]
for s in some:
    s.sendall(b"y")
    expect(s, b"y")
for s in held:
    s.close()

# --- transactions in flight ----------------------------------------------------------------------
IN_FLIGHT = 16
def pipeline(count):
    sent = received = 0
    while received < count:
        while sent < count and sent - received < IN_FLIGHT:
            control.send("txn.apply", {"operations": json.dumps([{"op": "route.set",
                "id": f"r{sent % 100}", "key": "disabled", "value": "true" if sent // 100 % 2 else "false"}])})
            sent += 1
        message = control.receive()
        if message[0] == 1:
            assert message[2] is None, message
            received += 1
took = timed(lambda: pipeline(3000))
print(f"transactions, {IN_FLIGHT} in flight, 100 routes: {3000 / took * 1000:,.0f} a second")

# --- route add to many routes ----------------------------------------------------------------------
for at in range(0, 10000, 1000):
    control.call("txn.apply", operations=json.dumps([
        {"op": "route.add", "server": "main", "before": "hold", "route": ROUTE % i} for i in range(at, at + 1000)]))
ids = iter(range(20000, 30000))
def add():
    control.call("txn.apply", operations=json.dumps([
        {"op": "route.add", "server": "main", "before": "hold", "route": ROUTE % next(ids)}]))
times = sorted(timed(add) for _ in range(50))
print(f"route add to 10,000 routes: median {times[25]:.1f} ms, most {times[-1]:.1f} ms")
took, median, high, most = beside(lambda: timed(lambda: [add() for _ in range(50)]))
print(f"  an echo beside 50 of them: median {median:.3f} ms, p99 {high:.3f} ms, most {most:.3f} ms")
PY
