#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Figures of this build on this machine: CPU time of the daemon per unit of work, which says more
# than rates on a busy machine. Compare runs of one machine only.
. "$(dirname "$0")/../integration/lib.sh"
need_python

PLAIN=$(free_port) TLS=$(free_port) BACKEND=$(free_port)
export PLAIN TLS BACKEND
proxy='{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:'$BACKEND'"]}]}'
config <<JSON
{"apps": {
    "layer4": {"servers": {
        "plain": {"listen": ["127.0.0.1:$PLAIN"], "routes": [{"handle": [$proxy]}]},
        "tls": {"listen": ["127.0.0.1:$TLS"], "routes": [
            {"match": [{"tls": {"sni": ["localhost"]}}], "handle": [{"handler": "tls"}, $proxy]}]}}},
    "tls": {"certificates": {"automate": ["localhost"]},
        "automation": {"policies": [{"issuers": [{"module": "internal"}]}]}}
}}
JSON
daemon
export DAEMON=${pids[pointsmand]}

"$python" - <<'PY' || fail "bench"
import threading
from peers import *

SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
TICK = os.sysconf("SC_CLK_TCK")
backend = Backend(port("BACKEND"))
backend.socket.settimeout(None)

def serve(s):
    # b: a bulk of bytes; else an echo
    try:
        first = s.recv(1)
        if first == b"b":
            block = b"x" * (1 << 20)
            while True:
                s.sendall(block)
        while first:
            s.sendall(first)
            first = s.recv(CHUNK)
    except OSError:
        pass
    s.close()

def accept():
    while True:
        threading.Thread(target=serve, args=(backend.accept(),), daemon=True).start()

threading.Thread(target=accept, daemon=True).start()

def cpu():
    with open(f"/proc/{port('DAEMON')}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK

def open_plain():
    return connect(port("PLAIN"))

def open_tls():
    return tls_context().wrap_socket(connect(port("TLS")), server_hostname="localhost")

def bulk(open_one):
    s = open_one()
    s.sendall(b"b")
    buffer = bytearray(1 << 20)
    total, start, before = 0, time.monotonic(), cpu()
    while time.monotonic() - start < SECONDS:
        total += s.recv_into(buffer)
    s.close()
    return f"{(cpu() - before) / total * 1e9:8.3f} CPU-s per GB   {total / SECONDS / 1e6:8.0f} MB/s"

def exchanges(open_one, anew):
    count, start, before = 0, time.monotonic(), cpu()
    s = None
    while time.monotonic() - start < SECONDS:
        s = s or open_one()
        s.sendall(b"e")
        assert s.recv(1) == b"e"
        count += 1
        if anew:
            s.close()
            s = None
    return f"{(cpu() - before) / count * 1e6:8.1f} CPU-us each     {count / SECONDS:8.0f} a second"

for name, open_one in (("plain", open_plain), ("tls", open_tls)):
    print(f"{name:6} bulk                {bulk(open_one)}")
    print(f"{name:6} exchange            {exchanges(open_one, False)}")
    print(f"{name:6} connect + exchange  {exchanges(open_one, True)}")
idle = rss_kib(port("DAEMON"))
held = [open_plain() for _ in range(400)]
for s in held:
    s.sendall(b"e")
    s.recv(1)
print(f"plain  idle connection     {(rss_kib(port('DAEMON')) - idle) / len(held):8.1f} KiB each")
PY
