#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Many clients of the control socket at once: of those that change the same revision one wins, a
# txn_id is carried out once, there is no 65th, who has ended his side gets his answers, and who is
# there already is served also where there are no descriptors left.
. "$(dirname "$0")/lib.sh"
need_msgpack
need prlimit util-linux

LISTEN=$(free_port) OTHER=$(free_port)
export OTHER SOCK=$sock
simple_server "$LISTEN" '[{"handler":"echo"}]' | config
daemon
DAEMON=${pids[pointsmand]}
export DAEMON

"$python" - <<'PY' || fail "many clients"
import json, os, socket, subprocess, threading, time
from control_client import Client, Closed, ControlError
from peers import within

SOCK, PID = os.environ["SOCK"], int(os.environ["DAEMON"])
client = Client(SOCK)
clients_now = lambda: client.call("status")[0]["clients"]

def revision():
    return client.call("ping")[0]["rev"]

def add(name):
    return json.dumps([{"op": "route.add", "server": "main", "route": json.dumps({"@id": name, "handle": [{"handler": "close"}]})}])

def at_once(count, action):
    """What action(client, number) gives, of so many clients that begin together."""
    gate, results = threading.Barrier(count), [None] * count
    def run(number):
        mine = Client(SOCK, timeout=60)
        gate.wait()
        try:
            results[number] = action(mine, number)
        except ControlError as error:
            results[number] = error.code
        mine.close()
    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results

# One wins, and what it has done is there; what the others wanted is not.
for turn in range(30):
    before = revision()
    results = at_once(8, lambda c, n: c.call("txn.apply", operations=add(f"r{turn}-{n}"), if_rev=before)[0]["revision"])
    winners = [n for n, result in enumerate(results) if result == before + 1]
    assert len(winners) == 1 and results.count("conflict") == 7, results
    assert revision() == before + 1
    added = [r["name"] for r in client.call("route.ls")[1] if r["name"].startswith(f"r{turn}-")]
    assert added == [f"r{turn}-{winners[0]}"], (added, winners)

# The same change by eight, with one id: made once, the same answer to all.
before = revision()
results = at_once(8, lambda c, n: c.call("txn.apply", operations=add("once"), txn_id="only")[0]["revision"])
assert results == [before + 1] * 8 and revision() == before + 1, results
# Another change under that id, from another client: refused, whoever comes first.
results = at_once(8, lambda c, n: c.call("txn.apply", operations=add(f"id{n % 2}"), txn_id="two")[0]["revision"])
assert revision() == before + 2 and sorted(map(str, results)) == sorted([str(before + 2)] * 4 + ["conflict"] * 4), results

# There is no 65th, until one goes.
others = [Client(SOCK) for _ in range(64 - clients_now())]
for _ in range(3):
    try:
        Client(SOCK)
    except (Closed, OSError) as reason:
        assert not isinstance(reason, Closed) or str(reason) == "limit", reason
    else:
        raise AssertionError("a 65th client")
others.pop().close()
within(30, "a place", lambda: clients_now() == 63)
others.append(Client(SOCK))
for c in others:
    assert c.call("ping")[0]["rev"] >= 1
    c.close()
within(30, "all places", lambda: clients_now() == 1)

# The same id again and again; and the answers to all come after the end of what is sent.
half = Client(SOCK)
for _ in range(50):
    half.id = 6
    half.send("conn.ls", {})
half.socket.shutdown(socket.SHUT_WR)
answers = [half.receive() for _ in range(50)]
assert all(a[:3] == [1, 7, None] for a in answers), answers
try:
    half.receive()
except Closed:
    pass
else:
    raise AssertionError("more than was asked for")

# No descriptors left: what needs one is refused with its reason, all else goes on, and nothing spins.
def limit(count):
    subprocess.run(["prlimit", "--pid", str(PID), f"--nofile={count}:"], check=True)

def cpu():
    with open(f"/proc/{PID}/stat", encoding="ascii") as f:
        return sum(map(int, f.read().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")

kept = client.call("status")[0]["descriptors"]
limit(len(os.listdir(f"/proc/{PID}/fd")))
late = socket.socket(socket.AF_UNIX)
late.connect(SOCK)  # it waits in the queue
before = revision()
for method, params in (("config.save", {}), ("txn.apply", {"operations": json.dumps(
        [{"op": "listener.add", "server": "main", "address": "127.0.0.1:" + os.environ["OTHER"]}])})):
    try:
        client.call(method, **params)
    except ControlError as error:
        assert error.code == "internal" and "Too many open files" in str(error), error
    else:
        raise AssertionError(f"{method} without a descriptor")
assert revision() == before
client.call("txn.apply", operations=add("without"))
used = cpu()
time.sleep(2)
assert cpu() - used < 1, "the daemon spins"
limit(kept["limit"])
client.call("config.save")
late.settimeout(60)
late.sendall(b"\x94\x00\x01\xa5hello\x91\x81\xa8protocol\x01")
assert late.recv(100)[:3] == b"\x94\x01\x01", "who came meanwhile"
PY
