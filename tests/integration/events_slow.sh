#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A reader of events that has stopped reading: it costs the daemon next to no memory and connections
# no time, and finds afterwards how many events it has missed.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port)
export LISTEN
simple_server "$LISTEN" '[{"handler":"echo"}]' | config
daemon
start slow "$pointsctl" -s "$sock" monitor --since 0
wait_log slow config.changed
# KiB; what is freed stays where a sanitizer looks at it.
"$pointsmand" version | grep -q sanitizers=no && MEMORY=2048 || MEMORY=65536
export MEMORY
export DAEMON=${pids[pointsmand]} SLOW=${pids[slow]} SLOW_LOG=$tmp/slow.log CTL=$pointsctl SOCK=$sock

"$python" - <<'PY' || fail "a slow reader"
import fcntl, json, signal, subprocess, sys, termios
from peers import *

def exchange(times):
    """The slowest of so many connections, in seconds."""
    slowest = 0
    for _ in range(times):
        start = time.monotonic()
        with connect(port("LISTEN")) as s:
            s.sendall(b"x")
            expect(s, b"x")
        slowest = max(slowest, time.monotonic() - start)
    return slowest

def events():
    with open(os.environ["SLOW_LOG"]) as f:
        return [json.loads(line) for line in f if line.endswith("\n")]

exchange(500) # what a worker needs for its work is there
before = rss_kib(port("DAEMON"))
os.kill(port("SLOW"), signal.SIGSTOP)
slowest = exchange(10000)
grown = rss_kib(port("DAEMON")) - before
os.kill(port("SLOW"), signal.SIGCONT)
print(f"memory grew by {grown} KiB, the slowest connection took {slowest * 1000:.0f} ms")
assert grown < int(os.environ["MEMORY"]), grown
assert slowest < 10, slowest

# Each event is there or counted, up to the last close.
within(20, "the last event", lambda: events()[-1]["type"] == "conn.close"
    and sum(e["count"] if e["type"] == "event.lost" else e["type"].startswith("conn.")
        for e in events()) >= 21000)
all = events()
lost = [e for e in all if e["type"] == "event.lost"]
assert lost and lost[0]["reason"] == "forgotten", lost
at = all.index(lost[0])
assert lost[0]["first"] == all[at - 1]["seq"] + 1
assert lost[0]["last"] == lost[0]["seq"] == all[at + 1]["seq"] - 1
assert lost[0]["count"] == lost[0]["last"] - lost[0]["first"] + 1
numbers = [e["seq"] for e in all]
assert numbers == sorted(set(numbers)), "not in order"

# A reader whose own reader has stopped ends at a signal nevertheless.
stuck = subprocess.Popen([os.environ["CTL"], "-s", os.environ["SOCK"], "monitor", "--since", "0"],
    stdout=subprocess.PIPE)
def held():
    answer = fcntl.ioctl(stuck.stdout, termios.FIONREAD, b"\0" * 4)
    return int.from_bytes(answer, sys.byteorder)
def full():
    """How much fits depends on how it was written: nothing more does."""
    before = held()
    time.sleep(0.3)
    return before > 0 and held() == before
within(20, "a full pipe", full)
stuck.terminate()
code = stuck.wait(TIMEOUT)
assert code == 0, code
PY
stop slow || fail "exit status of the reader: $?"
