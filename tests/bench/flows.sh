#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 100,000 UDP flows: memory for each, and the CPU time that their beginning, a while of silence and
# their end take. FLOWS and IDLE (seconds) in the environment change the numbers.
. "$(dirname "$0")/../integration/lib.sh"
need_python

ECHO=$(free_port) FLOWS=${FLOWS:-100000} IDLE=${IDLE:-15}
export ECHO FLOWS IDLE SOCK=$sock POINTSCTL=$pointsctl
config <<JSON
{"apps": {"layer4": {"servers": {"echo": {"listen": ["udp/:$ECHO"], "idle_timeout": "${IDLE}s",
    "max_flows": $((2 * FLOWS)), "routes": [{"handle": [{"handler": "echo"}]}]}}}}}
JSON
daemon
export DAEMON=${pids[pointsmand]}

"$python" - <<'PY' || fail "flows"
import json, subprocess
from peers import *

FLOWS, IDLE, DAEMON = int(os.environ["FLOWS"]), int(os.environ["IDLE"]), port("DAEMON")
BATCH = 100  # sockets at a time: a client of one datagram needs none afterwards

def flows():
    out = subprocess.run([os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", "status"],
        check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)["connections"]

def cpu():
    with open(f"/proc/{DAEMON}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

def begin(first):
    """Flows of a source of its own, from consecutive ports; each has had its answer."""
    host = "127.%d.%d.1" % (1 + first // BATCH // 250, 1 + first // BATCH % 250)
    clients = [datagrams((host, 0), port("ECHO")) for _ in range(min(BATCH, FLOWS - first))]
    for s in clients:
        s.send(b"hello")
    for s in clients:
        expect_datagram(s, b"hello")
        s.close()

rss, used, start = rss_kib(DAEMON), cpu(), time.monotonic()
for first in range(0, FLOWS, BATCH):
    begin(first)
begun, open_now = time.monotonic() - start, flows()
print(f"{FLOWS} flows begun in {begun:.1f} s, {(cpu() - used) / FLOWS * 1e6:.1f} us of CPU each; {open_now} are open")
print(f"{(rss_kib(DAEMON) - rss) * 1024 / open_now:.0f} bytes of memory each")
used = cpu()
time.sleep(3)
print(f"{(cpu() - used) / 3 * 100:.2f} % of a CPU while {flows()} are silent")
used = cpu()
within(2 * IDLE + 60, "the end of all flows", lambda: flows() == 0)
print(f"all have expired, {(cpu() - used) / open_now * 1e6:.1f} us of CPU each", flush=True)
PY
