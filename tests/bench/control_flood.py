# SPDX-License-Identifier: BSD-2-Clause
"""For control_flood.sh: SECONDS FOLDER LEFT-PORT LEFT-PID RIGHT-PORT RIGHT-PID."""

import os
import re
import subprocess
import sys
import time

from peers import connect, read_exactly

FLOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration/control_flood.py")
DATA = b"x" * 1000


def echo(port):
    start = time.perf_counter()
    with connect(port) as s:
        s.sendall(DATA)
        assert read_exactly(s, len(DATA)) == DATA
    return time.perf_counter() - start


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1])


def percentile(samples, part):
    return sorted(samples)[int(len(samples) * part)] * 1000


def measure(seconds, flooded, quiet, path):
    """Milliseconds of connections through both, taken in turn while the one is flooded."""
    before = most = resident(flooded["pid"])
    command = [sys.executable, FLOOD, "flood", path, str(seconds)] if path else ["sleep", str(seconds)]
    flood = subprocess.Popen(command)
    time.sleep(1)
    times = {"flooded": [], "quiet": []}
    while flood.poll() is None:
        times["flooded"].append(echo(flooded["port"]))
        times["quiet"].append(echo(quiet["port"]))
        most = max(most, resident(flooded["pid"]))
        time.sleep(0.001)
    return times, most - before


def report(name, times, memory):
    for which, samples in times.items():
        print(f"{name:12} {which:8} {len(samples):6} connections  p50 {percentile(samples, 0.5):6.2f} ms"
              f"  p99 {percentile(samples, 0.99):6.2f} ms")
    ratio = percentile(times["flooded"], 0.99) / percentile(times["quiet"], 0.99)
    print(f"{name:12} p99 flooded/quiet {ratio:.2f}, memory +{memory} KiB", flush=True)


def main():
    seconds, folder = float(sys.argv[1]), sys.argv[2]
    left = {"port": int(sys.argv[3]), "pid": int(sys.argv[4])}
    right = {"port": int(sys.argv[5]), "pid": int(sys.argv[6])}
    for side in left, right:
        for _ in range(200):
            echo(side["port"])
    report("no flood", *measure(seconds, left, right, None))
    all_times, most = {"flooded": [], "quiet": []}, 0
    for name, flooded, quiet in ("left", left, right), ("right", right, left):
        times, memory = measure(seconds, flooded, quiet, f"{folder}/{name}.sock")
        report(f"flood {name}", times, memory)
        for which in all_times:
            all_times[which] += times[which]
        most = max(most, memory)
    report("both", all_times, most)


if __name__ == "__main__":
    main()
