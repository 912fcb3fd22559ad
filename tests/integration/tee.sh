#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tee: a branch gets what the client sends, and only that; half-close and reset reach it; its answers
# reach the client; one that is stuck blocks the connection, and with drop it is cut off.
. "$(dirname "$0")/lib.sh"
need_python

PLAIN=$(free_port) TWO=$(free_port) DROP=$(free_port) MATCHED=$(free_port) TLS=$(free_port)
GONE=$(free_port) MAIN=$(free_port) A=$(free_port) B=$(free_port) NOBODY=$(free_port)
export PLAIN TWO DROP MATCHED TLS GONE MAIN A B NOBODY
proxy() { # PORT
    printf '{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:%s"]}]}' "$1"
}
tee() { # HANDLERS [OPTION]
    printf '{"handler": "tee", "branch": [%s]%s}' "$1" "${2:+, $2}"
}
config <<JSON
{"apps": {"layer4": {"servers": {
    "plain": {"listen": ["127.0.0.1:$PLAIN"], "routes": [{"handle": [
        $(tee "$(proxy "$A")"), $(proxy "$MAIN")]}]},
    "two": {"listen": ["127.0.0.1:$TWO"], "routes": [{"handle": [
        $(tee "$(tee "$(proxy "$A")"), $(proxy "$B")"), $(proxy "$MAIN")]}]},
    "drop": {"listen": ["127.0.0.1:$DROP"], "routes": [{"handle": [
        $(tee "$(proxy "$A")" '"drop": true'), $(proxy "$MAIN")]}]},
    "matched": {"listen": ["127.0.0.1:$MATCHED"], "routes": [
        {"match": [{"ssh": {}}], "handle": [
            {"handler": "vars", "to": "$A"},
            $(tee '{"handler": "subroute", "routes": [
                {"match": [{"regexp": {"pattern": "^SSH-2.0-x", "count": 9}, "vars": {"to": ["'"$A"'"]}}],
                 "handle": ['"$(proxy "$A")"']}]}')]},
        {"match": [{"regexp": {"pattern": "^SSH", "count": 3}}], "handle": [{"handler": "echo"}]}]},
    "tls": {"listen": ["127.0.0.1:$TLS"], "routes": [{"handle": [
        {"handler": "tls"}, $(tee "$(proxy "$A")"), $(proxy "$MAIN")]}]},
    "gone": {"listen": ["127.0.0.1:$GONE"], "routes": [{"handle": [
        $(tee "$(proxy "$NOBODY")"), $(proxy "$MAIN")]}]}
}}, "tls": {"automation": {"policies": [
    {"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
    "certificates": {"automate": ["localhost"]}}}}
JSON
daemon
export DAEMON=${pids[pointsmand]} POINTSCTL=$pointsctl SOCK=$sock

"$python" - <<'PY' || fail "tee"
import json
import subprocess
import threading
from peers import *

main, a, b = Backend(port("MAIN")), Backend(port("A")), Backend(port("B"))
SMALL, BIG = pattern(1000), pattern(3_000_000)

def send(s, data):
    """In the background; ends our side."""
    t = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)), daemon=True)
    t.start()
    return t

def read_into(s, out):
    t = threading.Thread(target=lambda: out.append(read_all(s)), daemon=True)
    t.start()
    return t

def copies(to, backends):
    """Everything goes everywhere, up to the end; answers come from all. The first is the main chain's."""
    s = connect(port(to))
    s.sendall(SMALL)
    ends = [backend.accept() for backend in backends]
    for end in ends:
        expect(end, SMALL)
    for end in ends:
        end.sendall(b"answer")
        expect(s, b"answer")
    got = [[] for _ in ends]
    readers = [read_into(*pair) for pair in zip(ends, got)]
    sender = send(s, BIG)
    for thread in (sender, *readers):
        thread.join(TIMEOUT)
    assert all(g == [BIG] for g in got), [len(g[0]) if g else None for g in got]
    for end in ends[1:] + ends[:1]:
        end.sendall(b"last")
        expect(s, b"last")
        end.close()
    expect_end(s)
    s.close()

copies("PLAIN", [main, a])
copies("TWO", [main, a, b])
copies("DROP", [main, a])

# A large answer of the branch waits for the client, and nothing of it is lost.
s = connect(port("PLAIN"))
m, t = main.accept(), a.accept()
threading.Thread(target=lambda: t.sendall(BIG), daemon=True).start()
time.sleep(0.5)
assert read_exactly(s, len(BIG)) == BIG
s.sendall(SMALL)
expect(m, SMALL), expect(t, SMALL)
m.close()
s.close(), t.close()

# Both are connections, and the branch says whose it is.
def ctl(*words):
    command = [os.environ["POINTSCTL"], "-s", os.environ["SOCK"], "-j", "conn", *words]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

s = connect(port("PLAIN"))
m, t = main.accept(), a.accept()
ids = [c["id"] for c in ctl("ls", f"src==127.0.0.1:{s.getsockname()[1]}")["items"]]
assert len(ids) == 2, ids
of = {id: ctl("show", str(id))["branch_of"] for id in ids}
branch = max(ids, key=lambda id: of[id] is not None)
assert of == {branch: min(set(ids) - {branch}), min(set(ids) - {branch}): None}, of
s.close(), m.close(), t.close()

# A reset of the client is one for the branch, after what came before.
s = connect(port("PLAIN"))
s.sendall(SMALL)
m, t = main.accept(), a.accept()
expect(m, SMALL), expect(t, SMALL)
reset(s)
expect_reset(m), expect_reset(t)

# A branch that ends leaves the rest alone; so does one that cannot be dialled.
for to in ("PLAIN", "GONE"):
    s = connect(port(to))
    s.sendall(SMALL)
    m = main.accept()
    expect(m, SMALL)
    if to == "PLAIN":
        t = a.accept()
        expect(t, SMALL)
        t.close()
    sender = send(s, BIG)
    assert read_all(m) == BIG, to
    m.sendall(b"done")
    expect(s, b"done")
    m.close()
    expect_end(s)
    s.close()

# The main chain ends first: the branch still gets all that was read.
s = connect(port("PLAIN"))
m, t = main.accept(), a.accept()
got = []
s.sendall(SMALL)
expect(m, SMALL)
m.close()
read_into(t, got).join(TIMEOUT) if s.close() is None else None
assert got == [SMALL], got
t.close()

# Bytes read ahead for matching, the connection's variables, matching inside and behind it.
s = connect(port("MATCHED"))
s.sendall(b"SSH-2.0-x\r\n")
t = a.accept()
expect(t, b"SSH-2.0-x\r\n")
expect(s, b"SSH-2.0-x\r\n")
s.close()
expect_end(t)
t.close()

# What is copied behind tls is plain; what the branch answers is not.
s = tls_context().wrap_socket(connect(port("TLS")), server_hostname="localhost")
m, t = main.accept(), a.accept()
for _ in range(3):
    s.sendall(SMALL)
    expect(m, SMALL), expect(t, SMALL)
    t.sendall(SMALL)
    expect(s, SMALL)
    m.sendall(SMALL)
    expect(s, SMALL)
s.close(), m.close(), t.close()

def cpu():
    with open(f"/proc/{os.environ['DAEMON']}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

# A branch that does not read blocks the client, after a bounded amount, at no cost; until it reads.
s = connect(port("PLAIN"))
m, t = main.accept(), a.accept()
got = []
reader = read_into(m, got)
before = rss_kib(os.environ["DAEMON"])
sent = fill(s, 64 << 20)
used = cpu()
time.sleep(1)
assert cpu() - used < 0.3, f"{cpu() - used} s of CPU for waiting"
assert sent < 32 << 20, f"{sent} bytes went past a stuck branch"
assert rss_kib(os.environ["DAEMON"]) - before < 4096
assert len(read_exactly(t, sent)) == sent
s.sendall(SMALL)
expect(t, SMALL)
s.shutdown(socket.SHUT_WR)
expect_end(t)
reader.join(TIMEOUT)
assert len(got[0]) == sent + len(SMALL)
m.close(), t.close(), s.close()

# With drop the client is not blocked; the branch gets a beginning, and a reset for an end.
s = connect(port("DROP"))
m, t = main.accept(), a.accept()
got = []
reader = read_into(m, got)
data = BIG * 10
send(s, data).join(TIMEOUT)
reader.join(TIMEOUT)
assert got == [data]
m.sendall(b"still there")
expect(s, b"still there")
part = b""
try:
    while more := t.recv(CHUNK):
        part += more
    raise AssertionError(f"an end after {len(part)} bytes, not a reset")
except ConnectionResetError:
    pass
assert data.startswith(part) and 0 < len(part) < len(data), len(part)
m.close(), t.close(), s.close()
PY
wait_log pointsmand 'tee: a branch does not keep up and is cut off'
wait_log pointsmand 'branch_of='
wait_until 30 "the end of all connections" no_connections
