# SPDX-License-Identifier: BSD-2-Clause
"""For renewal.sh: SECONDS FOLDER RENEWING-PORT RENEWING-PID QUIET-PORT QUIET-PID."""

import os
import ssl
import sys
import threading
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


class Renewals:
    """Asks for all names anew as soon as those before are done."""

    def __init__(self, path, pid):
        self.client, self.pid = control_client.Client(path, timeout=120), pid
        self.rounds, self.going = 0, True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while self.going:
            for name in NAMES:
                self.client.call("cert.renew", name=name)
            self.wait_idle()
            self.rounds += 1

    def wait_idle(self):
        """Until the control thread rests."""
        ran = -1
        while self.going:
            now = threads(self.pid)[0][0]
            if now - ran < 2:
                return
            ran = now
            time.sleep(0.05)

    def stop(self):
        self.going = False
        self.thread.join()


def main():
    seconds, folder = float(sys.argv[1]), sys.argv[2]
    renewing = Side("renewing", int(sys.argv[3]), int(sys.argv[4]))
    quiet = Side("quiet", int(sys.argv[5]), int(sys.argv[6]))
    for i in range(500):
        renewing.exchange(i)
        quiet.exchange(i)
    for side in renewing, quiet:
        side.times, side.before = [], threads(side.pid)
    renewals = Renewals(f"{folder}/renewing.sock", renewing.pid)
    end, i = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        renewing.exchange(i)
        quiet.exchange(i)
        i += 1
        time.sleep(0.0005)
    renewals.stop()
    print(f"{renewals.rounds * len(NAMES)} renewals in {seconds:g} s")
    for side in renewing, quiet:
        side.report()


if __name__ == "__main__":
    main()
