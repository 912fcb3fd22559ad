# SPDX-License-Identifier: BSD-2-Clause
"""For renewal.sh: SECONDS FOLDER RENEWING-PORT RENEWING-PID QUIET-PORT QUIET-PID."""

import multiprocessing
import os
import ssl
import sys
import time

import control_client
from peers import connect, read_exactly

NAMES = [f"h{i}.example.net" for i in range(1, 1001)]
DATA = b"x" * 64
CONNECTIONS = 8  # so that each worker has some


def threads(pid):
    """Of each thread, the control thread first: milliseconds on a CPU, and in wait for one."""
    out = []
    for task in sorted(os.listdir(f"/proc/{pid}/task"), key=int):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            ran, waited, _ = map(int, file.read().split())
        out.append((ran / 1e6, waited / 1e6))
    return out


class Side:
    def __init__(self, name, port, pid):
        self.name, self.pid, self.times = name, pid, []
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.connections = [
            context.wrap_socket(connect(port), server_hostname=NAMES[i]) for i in range(CONNECTIONS)]
        self.before = threads(pid)

    def exchange(self, i):
        s = self.connections[i % CONNECTIONS]
        start = time.perf_counter()
        s.sendall(DATA)
        assert read_exactly(s, len(DATA)) == DATA
        self.times.append((time.perf_counter() - start) * 1000)

    def report(self):
        self.times.sort()
        n = len(self.times)
        print(f"{self.name:9} {n:6} exchanges  p50 {self.times[n // 2]:.3f} ms"
              f"  p99 {self.times[n * 99 // 100]:.3f} ms  p99.9 {self.times[n * 999 // 1000]:.3f} ms"
              f"  longest {self.times[-1]:.3f} ms")
        for was, now in zip(self.before, threads(self.pid)):
            print(f"    a thread {now[0] - was[0]:7.1f} ms on a CPU, {now[1] - was[1]:7.1f} ms in wait for one")


def rested(pid, going):
    """Waits until the control thread rests."""
    ran = -1
    while going.is_set():
        now = threads(pid)[0][0]
        if now - ran < 2:
            return
        ran = now
        time.sleep(0.05)


def renew(path, pid, going, rounds):
    """Asks for all names anew as soon as those before are done. A process of its own: a thread would
    keep the interpreter from the one that takes the time."""
    client = control_client.Client(path, timeout=120)
    while going.is_set():
        for name in NAMES:
            client.call("cert.renew", name=name)
        rested(pid, going)
        rounds.value += 1


def at_once(pid):
    """Real-time priority for the workers of pid (0: for us), where that is allowed: what is waited for
    then is not a CPU. The control thread keeps what it has."""
    tasks = [0] if pid == 0 else sorted(map(int, os.listdir(f"/proc/{pid}/task")))[1:]
    for task in tasks:
        try:
            os.sched_setscheduler(task, os.SCHED_FIFO, os.sched_param(10))
        except PermissionError:
            print("without real-time priority: waiting for a CPU counts, too")
            return


def main():
    seconds, folder = float(sys.argv[1]), sys.argv[2]
    renewing = Side("renewing", int(sys.argv[3]), int(sys.argv[4]))
    quiet = Side("quiet", int(sys.argv[5]), int(sys.argv[6]))
    for i in range(500):
        renewing.exchange(i)
        quiet.exchange(i)
    for side in renewing, quiet:
        side.times, side.before = [], threads(side.pid)
    going, rounds = multiprocessing.Event(), multiprocessing.Value("i", 0)
    going.set()
    renewals = multiprocessing.Process(
        target=renew, args=(f"{folder}/renewing.sock", renewing.pid, going, rounds))
    renewals.start()
    for pid in renewing.pid, quiet.pid, 0:
        at_once(pid)
    end, i = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        renewing.exchange(i)
        quiet.exchange(i)
        i += 1
        time.sleep(0.0005)
    going.clear()
    renewals.join()
    print(f"{rounds.value * len(NAMES)} renewals in {seconds:g} s")
    for side in renewing, quiet:
        side.report()


if __name__ == "__main__":
    main()
