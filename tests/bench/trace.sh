#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a trace costs a worker: instructions of its thread for each connection, counted by callgrind,
# without a trace, with one that follows others, and with one that follows all. Client and backend
# pause, so that each connection takes the same number of rounds of the loop: rounds cost more than
# a trace. BENCH_CONNECTIONS: the difference of as many and twice as many is counted.
. "$(dirname "$0")/../integration/lib.sh"
need_python
command -v valgrind >/dev/null || { echo "left out: valgrind is missing (Debian: valgrind)"; exit 0; }

LISTEN=$(free_port) NAMES=$(free_port) BACKEND=$(free_port)
export LISTEN NAMES BACKEND
proxy='[{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:'$BACKEND'"]}]}]'
config <<JSON
{"apps": {"layer4": {"servers": {
"plain": {"listen": ["127.0.0.1:$LISTEN"], "routes": [{"@id": "all", "handle": $proxy}]},
"sni": {"listen": ["127.0.0.1:$NAMES"], "routes": [
    {"@id": "other", "match": [{"tls": {"sni": ["b.example"]}}], "handle": [{"handler": "close"}]},
    {"@id": "here", "match": [{"tls": {"sni": ["a.example"]}}], "handle": $proxy}]}}}}}
JSON
cat >"$tmp/bench.py" <<'PY'
import re, signal, sys, threading
from peers import *

daemon, control, folder = sys.argv[1:]
count = int(os.environ.get("BENCH_CONNECTIONS", "200"))
backend = Backend(port("BACKEND"))

def serve():
    while True:
        with backend.socket.accept()[0] as s:
            while data := s.recv(CHUNK):
                time.sleep(0.002)
                s.sendall(data)
            time.sleep(0.002)

def connections(to, payload, n):
    for _ in range(n):
        with connect(to) as s:
            time.sleep(0.006)
            s.sendall(payload)
            expect(s, payload)
            time.sleep(0.004)
            s.shutdown(socket.SHUT_WR)
            expect_end(s)
        time.sleep(0.002)

def instructions(server, payload, trace, n):
    """Of the worker's thread, the second one."""
    sock = f"{folder}/bench.sock"
    with open(f"{folder}/bench.log", "w") as log:
        running = subprocess.Popen(["valgrind", "-q", "--tool=callgrind", "--separate-threads=yes",
            f"--callgrind-out-file={folder}/callgrind", daemon, "run", "--config", f"{folder}/config.json",
            "--control", sock, "--state", f"{folder}/state", "--workers", "1"], stdout=log, stderr=log)
    within(60, "the daemon", lambda: subprocess.run([control, "-s", sock, "ping"], capture_output=True).returncode == 0)
    if trace is not None:
        tracing = subprocess.Popen([control, "-s", sock, "trace", *trace], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        tracing.stderr.readline()
    connections(port(server), payload, n)
    if trace is not None:
        tracing.send_signal(signal.SIGINT)
        tracing.wait()
    running.terminate()
    running.wait()
    with open(f"{folder}/callgrind-02") as f:
        return int(re.search(r"^(?:summary|totals): (\d+)", f.read(), re.M)[1])

threading.Thread(target=serve, daemon=True).start()
for name, server, payload in (("plain", "LISTEN", b"x" * 64), ("sni", "NAMES", client_hello("a.example"))):
    base = None
    for mode, trace in (("no trace", None), ("others", ["src==192.0.2.1"]), ("all", [])):
        once, twice = (instructions(server, payload, trace, n * count) for n in (1, 2))
        each = (twice - once) / count
        base = base or each
        print(f"{name:5}  {mode:8}  {each:7.0f} instructions  {(each / base - 1) * 100:+5.1f} %", flush=True)
PY
"$python" "$tmp/bench.py" "$pointsmand" "$pointsctl" "$tmp" || fail "bench: $(tail -3 "$tmp/bench.log")"
