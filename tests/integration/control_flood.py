# SPDX-License-Identifier: BSD-2-Clause
"""64 clients of the control socket that mean no good. `test SOCKET PID` has them while connections
run through the daemon's echo server at $LISTEN; `flood SOCKET SECONDS` is them alone, for others to
measure beside."""

import os
import re
import socket
import subprocess
import sys
import threading
import time

import msgpack

from control_client import Client, methods_of_header
from peers import connect, port, read_exactly

CLIENTS = 64
SECONDS = 12  # longer than a started message may take
MEMORY = 2 << 20

stop = threading.Event()


def request(method, number=1, **params):
    return msgpack.packb([0, number, method, [params]])


HELLO = request("hello", protocol=1)


def opened(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(1)
    s.connect(path)
    return s


def until_refused(s, data):
    """Sends data again and again and reads nothing, until the daemon takes no more."""
    while not stop.is_set():
        try:
            s.sendall(data)
        except TimeoutError:
            continue


def malformed(path, s):
    s.sendall(os.urandom(2000))
    s.recv(4096)


def no_request(path, s):
    s.sendall(HELLO + msgpack.packb({"ping": 1}))
    while s.recv(4096):
        pass


def silent(path, s):
    stop.wait(2)


def stalled(path, s):
    s.sendall(HELLO + request("txn.apply", operations="x" * 3000)[:2500])
    stop.wait(SECONDS)


def stalled_long(path, s):
    s.sendall(HELLO)
    until_refused(s, request("txn.apply", operations="x" * 900000)[:850000])


def trickle(path, s):
    s.sendall(HELLO)
    for byte in request("ping"):
        s.sendall(bytes([byte]))
        if stop.wait(0.2):
            return


def pipeline(path, s):
    s.sendall(HELLO)
    while not stop.is_set():
        s.sendall(request("ping") * 300)
        s.recv(1 << 16)


def pipeline_deaf(path, s):
    until_refused(s, HELLO + request("status") * 20)


def lists_deaf(path, s):
    until_refused(s, HELLO + request("conn.ls") + request("config.show") + request("route.ls"))


def long_messages(path, s):
    s.sendall(HELLO)
    while not stop.is_set():
        s.sendall(request("config.apply", document="x" * 1000000, nonsense=1))
        s.recv(1 << 16)


def too_long(path, s):
    s.sendall(HELLO + request("ping", x="y" * (1 << 20)))
    while s.recv(4096):
        pass


def too_deep(path, s):
    s.sendall(HELLO + b"\x91" * 5000)
    while s.recv(4096):
        pass


def mutations(path, s):
    s.sendall(HELLO)
    bad = request("txn.apply", operations='[{"op":"route.rm","id":"nothing"}]')
    while not stop.wait(0.02):
        s.sendall(bad)
        s.recv(4096)


def comes_and_goes(path, s):
    s.sendall(HELLO + request("conn.ls"))


KINDS = [malformed, no_request, silent, stalled, stalled_long, trickle, pipeline, pipeline_deaf,
         lists_deaf, long_messages, too_long, too_deep, mutations, comes_and_goes]


def hostile(path, kind):
    while not stop.is_set():
        try:
            with opened(path) as s:
                kind(path, s)
        except OSError:
            pass
        stop.wait(0.01)


def start_flood(path):
    threads = [threading.Thread(target=hostile, args=(path, KINDS[i % len(KINDS)]), daemon=True)
               for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    return threads


def end_flood(threads):
    stop.set()
    for thread in threads:
        thread.join(20)


# ---- the test -----------------------------------------------------------------------------------

def memory(pid, what):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(what + r":\s+(\d+) kB", file.read())[1]) << 10


def resident(pid):
    return memory(pid, "VmRSS")


def sanitized(pid):
    """A sanitizer's own memory says nothing about the daemon's."""
    return memory(pid, "VmSize") > 1 << 40


def echo(data):
    with connect(port("LISTEN")) as s:
        s.sendall(data)
        assert read_exactly(s, len(data)) == data


def run_connections(pid, seconds):
    """Connections one after another, and the most memory seen meanwhile."""
    end, count, most = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        echo(b"connection %d" % count)
        count += 1
        most = max(most, resident(pid))
        time.sleep(0.01)
    return count, most


def settle(path):
    """Connects as soon as there is a place again."""
    end = time.monotonic() + 60
    while True:
        try:
            client = Client(path)
            if client.call("status")[0]["clients"] == 1:
                return client
            client.close()
        except (OSError, ConnectionError):
            pass
        except Exception as error:  # turned away: limit
            assert "limit" in str(error), error
        assert time.monotonic() < end, "the flood is over, and its clients are still there"
        time.sleep(0.2)


def check_answers(client):
    for method in sorted(methods_of_header()):
        if method.endswith((".ls", ".history")) or method in ("ping", "status", "ca.root",
                                                              "config.show"):
            client.call(method)


def test(path, pid):
    client = Client(path)
    check_answers(client)
    client.close()
    run_connections(pid, 1)
    before = resident(pid)
    flood = subprocess.Popen([sys.executable, __file__, "flood", path, str(SECONDS)])
    count, most = run_connections(pid, SECONDS)
    assert flood.wait(120) == 0
    client = settle(path)
    check_answers(client)
    client.close()
    after = resident(pid)
    print(f"{count} connections, none failed; memory {before >> 10} KiB before, "
          f"{(most - before) >> 10} KiB more at most, {(after - before) >> 10} KiB more afterwards")
    assert count > 50
    if not sanitized(pid):
        assert most - before <= MEMORY and after - before <= MEMORY


if __name__ == "__main__":
    if sys.argv[1] == "test":
        test(sys.argv[2], int(sys.argv[3]))
    else:
        flood = start_flood(sys.argv[2])
        time.sleep(float(sys.argv[3]))
        end_flood(flood)
