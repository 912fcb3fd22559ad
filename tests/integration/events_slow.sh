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

last = None  # the address of the last connection of hears()

def events():
    with open(os.environ["SLOW_LOG"]) as f:
        return [json.loads(line) for line in f if line.endswith("\n")]

slowest_echo(port("LISTEN"), 500) # what a worker needs for its work is there
before = rss_kib(port("DAEMON"))
os.kill(port("SLOW"), signal.SIGSTOP)
slowest = slowest_echo(port("LISTEN"), 10000)
grown = rss_kib(port("DAEMON")) - before
os.kill(port("SLOW"), signal.SIGCONT)
print(f"memory grew by {grown} KiB, the slowest connection took {slowest * 1000:.0f} ms")
assert grown < int(os.environ["MEMORY"]), grown
assert slowest < 10, slowest

# Afterwards it hears of what comes, and each number is there or told to be missing.
def hears():
    """Of the connection before this one: it takes a while."""
    global last
    before = last
    with connect(port("LISTEN")) as s:
        s.sendall(b"x")
        expect(s, b"x")
        last = "%s:%d" % s.getsockname()
    return any(e["type"] == "conn.close" and e["src"] == before for e in events())

within(60, "the events of now", hears)
all = events()
assert any(e["type"] == "event.lost" and e["reason"] == "forgotten" for e in all)
expected = all[0]["seq"]
for e in all:
    forgotten = e["type"] == "event.lost" and e["reason"] == "forgotten"
    first = e["first"] if forgotten else e["seq"]
    assert first == expected, (e, expected)
    if forgotten:
        assert e["last"] == e["seq"] and e["count"] == e["last"] - e["first"] + 1, e
    expected = e["seq"] + 1

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
