# SPDX-License-Identifier: BSD-2-Clause
"""Load for the integration tests: connections at a pace, each of which must be served."""

import threading
import time

from peers import connect, expect, expect_end, pattern, read_exactly

THREADS = 8


def echoed(port):
    """One connection: what is sent comes back, and the end does too."""
    with connect(port) as s:
        s.sendall(b"hello there")
        expect(s, b"hello there")


class Load:
    """rate connections a second until stop(), to the ports that ask_port() says."""

    def __init__(self, ask_port, rate, serve=echoed):
        self.ask_port, self.serve = ask_port, serve
        self.pace = THREADS / rate
        self.failures, self.done = [], 0
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.began = time.monotonic()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        due = self.began + self.pace * number / THREADS
        while not self.ended.wait(max(0, due - time.monotonic())):
            to = self.ask_port()
            try:
                self.serve(to)
                failure = None
            except (OSError, AssertionError) as error:
                failure = f"port {to}: {type(error).__name__} {error}"
            with self.lock:
                self.done += 1
                if failure:
                    self.failures.append(failure)
            due = max(due + self.pace, time.monotonic() - 1)  # at most a second is caught up

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def stop(self):
        """Ends it; returns how many connections a second there were. None may have failed."""
        seconds = time.monotonic() - self.began
        self.end()
        assert not self.failures, f"{len(self.failures)} of {self.done} failed: {self.failures[:5]}"
        return self.done / seconds


class LongConnection:
    """A connection that sends a pattern slowly and compares every byte that comes back."""

    STEP = 4096

    def __init__(self, port):
        self.socket = connect(port)
        self.bytes = pattern(256 * self.STEP)
        self.rounds, self.fault = 0, None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while not self.ended.wait(0.01):
                at = self.rounds % 256 * self.STEP
                self.socket.sendall(self.bytes[at:at + self.STEP])
                got = read_exactly(self.socket, self.STEP)
                assert got == self.bytes[at:at + self.STEP], f"other bytes in round {self.rounds}"
                self.rounds += 1
        except (OSError, AssertionError) as error:
            self.fault = error

    def stop(self):
        """Ends it in order; returns how many rounds there were."""
        self.ended.set()
        self.thread.join()
        assert self.fault is None, f"the long connection: {self.fault}"
        self.socket.shutdown(1)
        expect_end(self.socket)
        self.socket.close()
        return self.rounds
