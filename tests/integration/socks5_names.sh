#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# socks5 with names that take their time to resolve: CONNECT waits, datagrams wait in a queue that is
# bounded, and a client that goes away meanwhile leaves nothing behind.
. "$(dirname "$0")/lib.sh"
need_python
own_network || skip "needs root and a network of its own"

PROXY=$(free_port) BACKEND=$(free_port)
export PROXY BACKEND
echo "nameserver 127.0.0.1" >"$tmp/resolv.conf"
mount --bind "$tmp/resolv.conf" /etc/resolv.conf || skip "needs root and a mount of its own"
config <<<"$(simple_server "$PROXY" '[{"handler": "socks5"}]')"

cat >"$tmp/names.py" <<'PY'
"""Answers for late*.example after half a second with 127.0.0.1, and for nothing else."""
from socks5 import *

dns = udp((LOOPBACK, 53))
dns.settimeout(None)

def answer(query, to):
    end = query.index(b"\0", 12) + 5
    name, kind = query[13:end - 5], query[end - 4:end - 2]
    print(name, flush=True)
    if not name.startswith(b"late"):
        return
    count = 1 if kind == b"\0\1" else 0
    reply = query[:2] + b"\x81\x80\0\1" + struct.pack("!H", count) + b"\0\0\0\0" + query[12:end]
    if count:
        reply += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"
    threading.Timer(0.5, dns.sendto, (reply, to)).start()

print("ready", flush=True)
while True:
    answer(*dns.recvfrom(CHUNK))
PY
start names "$python" "$tmp/names.py"
wait_log names ready
daemon
export NAMES_LOG=$tmp/names.log

"$python" - <<'PY' || fail "names"
from socks5 import *

backend, server = Backend(port("BACKEND")), Server()

def questions(name):
    with open(os.environ["NAMES_LOG"]) as f:
        return f.read().count(name)

# CONNECT, with bytes that come meanwhile.
s = session(port("PROXY"))
s.sendall(request(1, "late.example", port("BACKEND")))
time.sleep(0.1)
s.sendall(b"early")
assert read_reply(s)[0] == 0
t = backend.accept()
expect(t, b"early")
exchange(s, t)

# Datagrams: eight wait, more are lost; the names are known afterwards.
s, relay = associate(port("PROXY"))
u = udp()
for i in range(12):
    u.sendto(wrap((f"late{i}.example", server.at[1]), b"%d" % i), relay)
got = [unwrap(u.recv(CHUNK)) for _ in range(8)]
assert {source for source, _ in got} == {server.at}
assert {payload for _, payload in got} == {b"%d" % i for i in range(8)}, got
nothing(u)
before = questions("late3")
u.sendto(wrap(("late3.example", server.at[1]), b"again"), relay)
assert unwrap(u.recv(CHUNK)) == (server.at, b"again")
assert questions("late3") == before > 0

# Names without an answer do not keep their places for ever.
for i in range(8):
    u.sendto(wrap((f"never{i}.example", server.at[1]), b"lost"), relay)
u.sendto(wrap(("late20.example", server.at[1]), b"no room"), relay)
nothing(u)
def answered():
    u.settimeout(1)
    u.sendto(wrap(("late21.example", server.at[1]), b"room"), relay)
    try:
        return unwrap(u.recv(CHUNK))[1] == b"room"
    except TimeoutError:
        return False
within(30, "a place for another name", answered)

# Gone in the middle of it: with datagrams waiting, with CONNECT and BIND waiting.
for i in range(4):
    u.sendto(wrap((f"never{i + 10}.example", server.at[1]), b"lost"), relay)
nothing(u)
s.close()
for command in (1, 2):
    for leave in (reset, lambda s: s.close()):
        s = session(port("PROXY"))
        s.sendall(request(command, f"late{command + 30}.example", 9))
        time.sleep(0.1)
        leave(s)
        assert backend.nobody_within(0.1) is None
PY
wait_until 30 "the end of all sessions" no_connections
