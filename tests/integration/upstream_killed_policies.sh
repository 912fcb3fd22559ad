#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An upstream's process is killed while another one is there: no newcomer notices, whatever policy
# chooses among them. Of UDP's datagrams those are lost that show that nobody is there any more; who
# asks again is served, and nobody else is lost once passive checks know.
. "$(dirname "$0")/lib.sh"
need_python

A=$(free_port) B=$(free_port)
mapfile -t policies < <("$pointsmand" modules | sed -n 's/^policy *\([a-z_]*\) .*/\1/p')
[ ${#policies[@]} -ge 7 ] || fail "too few policies: ${policies[*]}"

# Each has a TCP and a UDP server, and of the latter's upstreams its own addresses: failures are
# remembered by address.
servers() {
    local i policy port
    for i in "${!policies[@]}"; do
        policy=${policies[i]} port=$(free_port)
        echo "$policy $port" >>"$tmp/ports"
        cat <<JSON
        ,"tcp $policy": {"listen": ["127.0.0.1:$port"], "routes": [{"handle": [{"handler": "proxy",
            "load_balancing": {"selection": {"policy": "$policy"}},
            "upstreams": [{"dial": ["127.0.0.1:$A"]}, {"dial": ["127.0.0.1:$B"]}]}]}]}
        ,"udp $policy": {"listen": ["udp/127.0.0.1:$port"], "routes": [{"handle": [{"handler": "proxy",
            "load_balancing": {"selection": {"policy": "$policy"}},
            "health_checks": {"passive": {"fail_duration": "1h"}},
            "upstreams": [{"dial": ["udp/127.0.1.$i:$A"]}, {"dial": ["udp/127.0.1.$i:$B"]}]}]}]}
JSON
    done
}
config <<JSON
{"apps": {"layer4": {"servers": {"none": {"listen": []} $(servers)}}}}
JSON
daemon

cat >"$tmp/upstream.py" <<'PY'
"""Answers everybody with its name: upstream.py PORT UDP-ADDRESSES"""
import sys, threading
from peers import *

name = sys.argv[1].encode()

def answer(s):
    while True:
        got, source = s.recvfrom(CHUNK)
        s.sendto(name, source)

def serve(s):
    try:
        while s.recv(CHUNK):
            s.sendall(name)
    except OSError:
        pass

for i in range(int(sys.argv[2])):
    s = datagrams((f"127.0.1.{i}", int(name)))
    s.settimeout(None)
    threading.Thread(target=answer, args=(s,), daemon=True).start()
backend = Backend(int(name))
backend.socket.settimeout(None)
while True:
    threading.Thread(target=serve, args=(backend.accept(),), daemon=True).start()
PY

"$python" - "$A" "$B" "$tmp" <<'PY' || fail "upstreams killed"
import subprocess, sys
from peers import *

A, B, tmp = sys.argv[1:]
with open(f"{tmp}/ports") as f:
    policies = dict(line.split() for line in f)
running = {}

def there(name):
    try:
        connect(int(name)).close()
        return True
    except ConnectionRefusedError:
        return False

def begin(name):
    running[name] = subprocess.Popen([sys.executable, f"{tmp}/upstream.py", name, str(len(policies))])
    within(TIMEOUT, f"upstream {name}", lambda: there(name))

def kill(name):
    running[name].kill()
    running[name].wait()
    return B if name == A else A

def ask(to):
    """Who answers a new connection?"""
    with connect(int(to)) as s:
        s.sendall(b"?")
        return read_exactly(s, len(A)).decode()

def ask_datagram(s, patience=TIMEOUT):
    """Who answers this one? None: nobody within that time."""
    s.settimeout(patience)
    try:
        s.send(b"?")
        return s.recv(CHUNK).decode()
    except (TimeoutError, ConnectionRefusedError):
        return None

def check_streams(policy, to):
    victim = ask(to)
    other = kill(victim)
    answers = [ask(to) for _ in range(20)]
    assert answers == [other] * 20, (policy, answers)
    begin(victim)
    within(TIMEOUT, f"{victim} to be used again by {policy}", lambda: ask(to) == victim)

def check_datagrams(policy, to):
    client = datagrams(to=int(to))
    victim = ask_datagram(client)
    other = kill(victim)
    within(TIMEOUT, f"another upstream by {policy}", lambda: ask_datagram(client, 0.2) == other)
    address = f"127.0.1.{list(policies).index(policy)}:{victim} "
    def known():
        ask_datagram(datagrams(to=int(to)), 0.2)
        with open(f"{tmp}/pointsmand.log") as f:
            return any("is left alone" in line and address in line for line in f)
    within(TIMEOUT, "what passive checks say", known)
    answers = [ask_datagram(datagrams(to=int(to))) for _ in range(10)]
    assert answers == [other] * 10, (policy, answers)
    begin(victim)

try:
    begin(A), begin(B)
    for policy, to in policies.items():
        check_streams(policy, to)
        check_datagrams(policy, to)
finally:
    for process in running.values():
        process.kill()
        process.wait()
PY
