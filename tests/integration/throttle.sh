#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# throttle: the rate of a connection, that of all, the burst, the latency; what was read ahead for
# matching counts too; and waiting costs no CPU time. Totals are kept when the route changes.
. "$(dirname "$0")/lib.sh"
need_python

OWN=$(free_port) TOTAL=$(free_port) LATE=$(free_port) BURST=$(free_port) BACKEND=$(free_port)
export OWN TOTAL LATE BURST BACKEND
proxy='{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:'$BACKEND'"]}]}'
write_config() { # TOTAL-RATE
    config <<JSON
{"apps": {"layer4": {"servers": {
    "own": {"listen": ["127.0.0.1:$OWN"], "routes": [
        {"match": [{"ssh": {}}], "handle": [{"handler": "close"}]},
        {"match": [{"not": [{"ssh": {}}]}], "handle": [
            {"handler": "throttle", "read_bytes_per_second": 100000, "read_burst_size": 20000},
            $proxy]}]},
    "total": {"listen": ["127.0.0.1:$TOTAL"], "routes": [{"@id": "total", "handle": [
        {"handler": "throttle", "total_read_bytes_per_second": $1, "total_read_burst_size": 50000},
        $proxy]}]},
    "late": {"listen": ["127.0.0.1:$LATE"], "routes": [{"handle": [
        {"handler": "throttle", "latency": "2s"}, {"handler": "echo"}]}]},
    "burst": {"listen": ["127.0.0.1:$BURST"], "routes": [{"handle": [
        {"handler": "throttle", "read_burst_size": 1000}, {"handler": "echo"}]}]}
}}}}
JSON
}
write_config 100000
daemon
export DAEMON=${pids[pointsmand]}

"$python" - <<'PY' || fail "throttle"
import threading
from peers import *

backend = Backend(port("BACKEND"))

def cpu():
    with open(f"/proc/{os.environ['DAEMON']}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

def push(to, size):
    """Sends size bytes; how long they took to come out, and at what times how many."""
    client = connect(to)
    start = time.monotonic()
    sender = threading.Thread(
        target=lambda: (client.sendall(pattern(size)), client.shutdown(socket.SHUT_WR)))
    sender.start()
    server, got, marks = backend.accept(), b"", []
    while more := server.recv(CHUNK):
        got += more
        marks.append((time.monotonic() - start, len(got)))
    sender.join()
    assert got == pattern(size), "what came is not what was sent"
    client.close(), server.close()
    return marks

def check(marks, size, rate, burst, slack):
    for when, n in marks:
        assert n <= burst + rate * when + 2000, f"{n} bytes within {when:.2f} s"
    took = marks[-1][0]
    assert took < (size - burst) / rate + slack, f"{size} bytes took {took:.2f} s"

before, start = cpu(), time.monotonic()
marks = push(port("OWN"), 220_000)
check(marks, 220_000, 100_000, 20_000, 10)
spent = cpu() - before
assert spent < 0.4 * (time.monotonic() - start), f"{spent} s of CPU time"

# Two connections share the total, and what they have used is not forgotten.
results = {}
def one(name):
    results[name] = push(port("TOTAL"), 125_000)
before = time.monotonic()
threads = [threading.Thread(target=one, args=(i,)) for i in range(2)]
[t.start() for t in threads]
[t.join() for t in threads]
took = max(marks[-1][0] for marks in results.values())
assert 1.9 < took < 12, f"both took {took:.2f} s"
marks = push(port("TOTAL"), 60_000)
took = marks[-1][0]
assert took > 0.3, f"60000 bytes after that took {took:.2f} s"

# Nothing is read before the latency has passed; each read is bounded by the burst alone.
client = connect(port("LATE"))
start = time.monotonic()
client.sendall(b"x")
expect(client, b"x")
took = time.monotonic() - start
assert took > 1.9, f"{took:.2f} s"
def at_once():
    start = time.monotonic()
    client.sendall(b"y")
    expect(client, b"y")
    return time.monotonic() - start < 1
within(TIMEOUT, "a read that is not late", at_once)

client = connect(port("BURST"))
data = pattern(300_000)
sender = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
sender.start()
assert read_all(client) == data
sender.join()

# A client that leaves while it is held back is noticed at the end of what it had said.
client = connect(port("OWN"))
client.sendall(pattern(60_000))
server = backend.accept()
client.close()
assert read_all(server) == pattern(60_000)
PY
wait_until 30 "the end of all connections" no_connections
