#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What events cost: the CPU time of the control thread and of the workers at 10,000 events a second,
# without readers and with eight. BENCH_SECONDS, BENCH_RATE (connections a second: two events each).
. "$(dirname "$0")/../integration/lib.sh"
need_python

LISTEN=$(free_port)
export LISTEN
simple_server "$LISTEN" '[{"handler":"close"}]' | config
daemon
export DAEMON=${pids[pointsmand]} SOCK=$sock

"$python" - <<'PY' || fail "bench"
import selectors, threading
from peers import *

SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
RATE = int(os.environ.get("BENCH_RATE", "5000"))
READERS = 8
DAEMON = os.environ["DAEMON"]

def cpu():
    """Seconds of the control thread, and of all others."""
    spent = {}
    for task in os.listdir(f"/proc/{DAEMON}/task"):
        with open(f"/proc/{DAEMON}/task/{task}/schedstat") as f:
            spent[task] = int(f.read().split()[0]) / 1e9
    control = spent.pop(DAEMON)
    return control, sum(spent.values())

class Readers:
    """Sessions that watch everything and look at nothing; MessagePack by hand."""

    def __init__(self, count):
        self.bytes, self.lost, self.going = 0, 0, True
        self.selector = selectors.DefaultSelector()
        for _ in range(count):
            s = socket.socket(socket.AF_UNIX)
            s.connect(os.environ["SOCK"])
            s.sendall(b"\x94\x00\x01\xa5hello\x91\x81\xa8protocol\x01")
            s.sendall(b"\x94\x00\x02\xacevents.watch\x91\x80")
            self.selector.register(s, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        while self.going:
            for key, _ in self.selector.select(0.1):
                data = key.fileobj.recv(1 << 20)
                self.bytes += len(data)
                self.lost += data.count(b"event.lost")

    def stop(self):
        self.going = False
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()

def load():
    """So many connections a second, each gone at once; returns how many there were."""
    address = ("127.0.0.1", port("LISTEN"))
    start, made = time.monotonic(), 0
    while (passed := time.monotonic() - start) < SECONDS:
        due = int(passed * RATE)
        if made >= due:
            time.sleep(0.001)
        while made < due:
            s = socket.socket()
            s.connect(address)
            s.close()
            made += 1
    return made, time.monotonic() - start

def measure(readers):
    watching = Readers(readers)
    time.sleep(0.2)
    before = cpu()
    made, seconds = load()
    time.sleep(0.2)
    control, others = (now - then for now, then in zip(cpu(), before))
    watching.stop()
    print(f"{readers} readers  {2 * made / seconds:7.0f} events/s  "
        f"control thread {control / seconds * 100:5.2f} % of a core  "
        f"workers {others / made * 1e6:6.1f} us a connection  "
        f"{watching.bytes / 1e6:7.1f} MB read  {watching.lost} times event.lost")

measure(0)
measure(READERS)
measure(READERS)
PY
