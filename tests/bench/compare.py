# SPDX-License-Identifier: BSD-2-Clause
"""Compares pointsmand with the proxies that are installed; see README.md beside this.

    compare.py POINTSMAND FOLDER PORT…

FOLDER has the programs load and backend; the ports are free ones.
"""

import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from proxies import PROXIES, Proxy, Service, pointsmand

SECONDS = float(os.environ.get("BENCH_SECONDS", "0.4"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
ALL_KINDS = ["plain", "proxy", "sni", "tls", "udp"]
KINDS = os.environ.get("BENCH_KINDS", " ".join(ALL_KINDS)).split()
HELD = 2000
START, FINISH = 10, 60  # seconds: what a program may take to be there, a measurement to end
CPUCLOCK_SCHED = 2


@dataclass
class Work:
    kind: str
    name: str
    load: tuple  # WORK, TRANSPORT, CONNECTIONS
    unit: str
    factor: float


def works():
    """A row each. Memory comes first, while a proxy has none left over from other work."""
    def bulk(kind, name):
        return Work(kind, name, (name, kind, 4), "CPU-s per GB", 1e9)

    def each(kind, name, work, transport, count):
        return Work(kind, name, (work, transport, count), "CPU-us each", 1e6)

    for kind in ("plain", "tls"):
        yield Work(kind, "idle", ("hold", kind, HELD), "KiB each", 1 / 1024)
        yield bulk(kind, "push")
        yield bulk(kind, "pull")
        yield each(kind, "exchange", "exchange", kind, 64)
        yield each(kind, "connection", "connect", kind, 32)
        if kind == "tls":
            yield each(kind, "resumed", "connect", "resume", 32)
    yield each("proxy", "connection", "connect", "plain", 32)
    yield each("sni", "connection", "connect", "hello", 32)
    yield each("udp", "exchange", "exchange", "udp", 64)


def family(pid):
    """The process and those below it."""
    below = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    parent = int(f.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            below.setdefault(parent, []).append(int(entry))
    found = [pid]
    for one in found:
        found += below.get(one, [])
    return found


def cpu(pids):
    """Seconds that the processes have used, their threads that have ended included."""
    return sum(time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED) for pid in pids)


def memory(pids):
    """Bytes in RAM."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            total += int(re.search(r"^Rss: +(\d+)", f.read(), re.M).group(1)) * 1024
    return total


class Running:
    """A program that was started, with its log."""

    def __init__(self, command, folder, answers):
        self.log = os.path.join(folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        end = time.monotonic() + START
        while not (serves := answers()) and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        self.serves = serves

    def complaint(self):
        with open(self.log, errors="replace") as log:
            return log.read()[-500:].strip() or "it said nothing"

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(START)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def stream_answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def datagram_answers(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        s.connect(("127.0.0.1", port))
        try:
            s.send(b"there?")
            return bool(s.recv(100))
        except OSError:
            return False


class Client:
    """One run of the load: ready to begin when this returns."""

    def __init__(self, load, port, work, seconds):
        self.process = subprocess.Popen(
            [load, str(port), *map(str, work.load), str(seconds)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def go(self):
        """How much was done; 0 where any of it failed."""
        try:
            out, _ = self.process.communicate("\n", timeout=FINISH)
            done, failed = map(int, out.split())
            return done if failed == 0 else 0
        except (subprocess.TimeoutExpired, ValueError):
            return 0
        finally:
            self.process.kill()
            self.process.wait()


def memory_each(load, port, work, pid):
    before = memory(family(pid))
    client = Client(load, port, work, 0)
    used = memory(family(pid)) - before
    done = client.go()
    return used / done if done else None


def cpu_each(load, port, work, pid):
    client = Client(load, port, work, SECONDS)
    pids = family(pid)
    before = cpu(pids)
    done = client.go()
    return (cpu(pids) - before) / done if done else None


class Bench:
    def __init__(self, proxies, folder, programs, ports):
        self.proxies, self.folder, self.ports = proxies, folder, ports
        self.load = os.path.join(programs, "load")
        self.backend = ports.pop()
        self.cert, self.key, self.both = self.certificate()
        self.running = []
        self.start("backend", [os.path.join(programs, "backend"), str(self.backend)],
                   self.new_folder(), lambda: stream_answers(self.backend))

    def new_folder(self):
        return tempfile.mkdtemp(dir=self.folder)

    def certificate(self):
        cert, key, both = (os.path.join(self.folder, name) for name in ("cert", "key", "both"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=bench.example", "-keyout", key, "-out", cert],
            check=True, stderr=subprocess.DEVNULL)
        with open(both, "w") as f:
            f.write(open(key).read() + open(cert).read())
        return cert, key, both

    def start(self, name, command, folder, answers):
        """Returns its process id; 0: it does not serve."""
        running = Running(command, folder, answers)
        self.running.append(running)
        if not running.serves:
            print(f"{name} does not serve: {running.complaint()}", file=sys.stderr)
        return running.process.pid if running.serves else 0

    def stop(self):
        for running in self.running:
            running.stop()

    def start_proxies(self, kind):
        """Port and process of each that serves, by its name."""
        serving = {}
        for proxy in self.proxies:
            if kind not in proxy.kinds.split():
                continue
            port, folder = self.ports.pop(), self.new_folder()
            service = Service(
                kind, port, self.backend, folder, self.cert, self.key, self.both)
            answers = datagram_answers if kind == "udp" else stream_answers
            pid = self.start(proxy.name, proxy.command(proxy.found(), service), folder,
                             lambda port=port, answers=answers: answers(port))
            if pid:
                serving[proxy.name] = port, pid
        return serving

    def kind(self, kind):
        """Rows of figures; the proxies take turns, so that a slow moment is everybody's."""
        serving = self.start_proxies(kind)
        rows = [(work, {name: [] for name in serving}) for work in works() if work.kind == kind]
        for turn in range(ROUNDS):
            for work, row in rows:
                if work.name == "idle" and turn > 0:
                    continue
                each = memory_each if work.name == "idle" else cpu_each
                for name, (port, pid) in serving.items():
                    figure = each(self.load, port, work, pid)
                    row[name].append(None if figure is None else figure * work.factor)
        return rows


def middle(figures):
    """None where a round failed: what is left may not be comparable."""
    return None if not figures or None in figures else statistics.median(figures)


def short(figure):
    return f"{figure:.0f}" if figure >= 1000 else f"{figure:.3g}"


def line(work, row, names):
    figures = {name: middle(row[name]) for name in names if name in row}
    cells = ["-" if name not in row else "failed" if figures[name] is None
             else short(figures[name]) for name in names]
    others = {figures[name]: name for name in names[1:] if figures.get(name) is not None}
    ratio = ""
    if others and figures.get(names[0]) is not None:
        best = min(others)
        ratio = f"{figures[names[0]] / best:.2f} x {others[best]}"
    return [f"{work.kind} {work.name}", work.unit, *cells, ratio]


def show(rows):
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    for row in rows:
        print("  ".join(
            cell.ljust(width) if at < 2 or at == len(row) - 1 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths))).rstrip())


def main():
    program, programs, *ports = sys.argv[1:]
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    missing = [proxy for proxy in PROXIES if not proxy.found()]
    for package in sorted({proxy.package for proxy in missing}):
        print(f"not compared: {package} (Debian's package) is not installed")
    proxies = [Proxy("pointsmand", program, "", " ".join(ALL_KINDS), "version", pointsmand)]
    proxies += [proxy for proxy in PROXIES if proxy not in missing]
    once = {}
    for proxy in proxies:
        once.setdefault(proxy.program, proxy)
    print(*(proxy.version() for proxy in once.values()), sep=", ", flush=True)
    names = [proxy.name for proxy in proxies]
    table = [["", "less is better", *names, "pointsmand to the best other"]]
    with tempfile.TemporaryDirectory(prefix="pointsman-bench.") as folder:
        os.chmod(folder, 0o755)  # workers that have given up their rights
        bench = Bench(proxies, folder, programs, list(map(int, ports)))
        try:
            for kind in KINDS:
                table += [line(work, row, names) for work, row in bench.kind(kind)]
        finally:
            bench.stop()
    show(table)
    return any("failed" == row[2] or "-" == row[2] for row in table[1:])


if __name__ == "__main__":
    sys.exit(main())
