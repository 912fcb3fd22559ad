# SPDX-License-Identifier: BSD-2-Clause
"""Random transactions under load: the document is what a model of it says after each, and no
connection fails; then two writers, of whom one wins each time."""

import copy
import json
import os
import random
import sys
import threading

from control_client import Client, ControlError
from peers import connect, expect, port, time

COUNT = int(os.environ.get("TRANSACTIONS", "1000"))
RATE = 200  # connections a second, in all


class Refused(Exception):
    pass


class Model:
    """What the operations do, said in another way: on a copy, list by list."""

    def __init__(self, document):
        self.document = document

    def servers(self):
        return self.document["apps"]["layer4"]["servers"]

    def routes(self):
        return self.servers()["main"]["routes"]

    def names(self):
        return [route["@id"] for route in self.routes()]

    def find(self, name):
        if name not in self.names():
            raise Refused(name)
        return self.names().index(name)

    def place(self, op):
        if "before" in op:
            return self.find(op["before"])
        if "after" in op:
            return self.find(op["after"]) + 1
        return 0 if "first" in op else len(self.routes())

    def apply(self, op):
        getattr(self, op["op"].replace(".", "_"))(op)

    def route_add(self, op):
        route = json.loads(op["route"])
        if route["@id"] in self.names():
            raise Refused(route["@id"])
        self.routes().insert(self.place(op), route)

    def route_rm(self, op):
        del self.routes()[self.find(op["id"])]

    def route_mv(self, op):
        route = self.routes()[self.find(op["id"])]
        self.place(op)  # the anchor must be there, itself perhaps
        if op.get("before", op.get("after")) == op["id"]:
            return
        self.routes().remove(route)
        self.routes().insert(self.place(op), route)

    def route_replace(self, op):
        at = self.find(op["id"])
        self.routes()[at] = {**json.loads(op["route"]), "@id": op["id"]}

    def route_disable(self, op):
        self.routes()[self.find(op["id"])]["disabled"] = True

    def route_enable(self, op):
        self.routes()[self.find(op["id"])].pop("disabled", None)

    def upstreams(self, op):
        return self.routes()[self.find(op["proxy"])]["handle"][0]["upstreams"]

    def upstream_swap(self, op):
        self.upstreams(op)[:] = [{"dial": [dial]} for dial in op["dial"]]

    def upstream_add(self, op):
        upstream = json.loads(op["upstream"])
        if upstream in self.upstreams(op):
            raise Refused(op["upstream"])
        self.upstreams(op).append(upstream)

    def upstream_rm(self, op):
        if {"dial": [op["id"]]} not in self.upstreams(op) or len(self.upstreams(op)) == 1:
            raise Refused(op["id"])
        self.upstreams(op).remove({"dial": [op["id"]]})

    def listener_pause(self, op):
        paused = self.servers()["main"].setdefault("paused", [])
        if op["address"] not in paused:
            paused.append(op["address"])

    def listener_resume(self, op):
        self.servers()["main"].pop("paused", None)


class Chance:
    """Operations of which most can be done."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number = 0
        self.addresses = [f"127.0.0.1:{port(name)}" for name in ("A", "B")]

    def route(self):
        match = {"remote_ip": {"ranges": [self.random.choice(["127.0.0.0/8", "10.0.0.0/8"])]}}
        dial = [{"dial": [self.random.choice(self.addresses)]}]
        return {"match": [match], "handle": [{"handler": "proxy", "upstreams": dial}]}

    def name(self, names):
        return self.random.choice(names + ["nobody"])

    def place(self, names):
        kind = self.random.choice(["first", "last", "before", "after"])
        if kind in ("first", "last"):  # the last route takes all, so that none has no route
            return {"first": True} if kind == "first" else {"before": "last"}
        return {kind: self.random.choice([n for n in names if n != "last"] or ["nobody"])}

    def operation(self, names):
        others = [n for n in names if n != "last"]
        kind = self.random.choice(
            ["add"] * (6 if len(names) < 12 else 1) + ["rm", "mv", "mv", "replace", "disable", "enable",
             "swap", "swap", "more", "less", "pause", "resume"])
        if kind == "add":
            self.number += self.random.random() < 0.9
            route = {"@id": f"r{self.number}", **self.route()}
            return {"op": "route.add", "server": "main", "route": json.dumps(route), **self.place(names)}
        if kind in ("rm", "disable", "enable"):
            existing = {} if kind == "enable" else {"existing": "keep"}
            return {"op": f"route.{kind}", "id": self.name(others), **existing}
        if kind == "mv":
            return {"op": "route.mv", "id": self.name(others), **self.place(names)}
        if kind == "replace":
            return {"op": "route.replace", "id": self.name(others), "route": json.dumps(self.route())}
        if kind == "swap":
            dial = self.random.sample(self.addresses, self.random.randint(1, 2))
            return {"op": "upstream.swap", "proxy": self.name(others), "dial": dial}
        address = self.random.choice(self.addresses)
        if kind == "more":
            upstream = json.dumps({"dial": [address]})
            return {"op": "upstream.add", "proxy": self.name(others), "upstream": upstream}
        if kind == "less":
            return {"op": "upstream.rm", "proxy": self.name(others), "id": address}
        return {"op": f"listener.{kind}", "address": f"127.0.0.1:{port('SECOND')}"}


class Load(threading.Thread):
    """Connections that say something and hear it again."""

    def __init__(self, to, rate):
        super().__init__()
        self.to, self.rate = to, rate
        self.done, self.failed, self.over = 0, [], threading.Event()

    def run(self):
        begin = time.monotonic()
        while not self.over.is_set():
            try:
                with connect(self.to) as s:
                    s.sendall(b"hello")
                    expect(s, b"hello")
                self.done += 1
            except (OSError, AssertionError) as reason:
                self.failed.append(reason)
            wait = begin + (self.done + len(self.failed)) / self.rate - time.monotonic()
            self.over.wait(max(0, wait))


def shown(client):
    return json.loads(client.call("config.show")[2])


def transact(client, model, chance):
    """One transaction; the model is what it should have become."""
    next_one = Model(copy.deepcopy(model.document))
    operations, refused = [], False
    for _ in range(chance.random.randint(1, 4)):
        operations.append(chance.operation(next_one.names()))
        try:
            next_one.apply(operations[-1])
        except Refused:
            refused = True
            break
    try:
        client.call("txn.apply", operations=json.dumps(operations))
        assert not refused, f"accepted: {operations}"
    except ControlError as error:
        assert refused, f"{error.path}: {error}: {operations}"
        next_one = model
    assert shown(client) == next_one.document, f"not what the model has: {operations}"
    return next_one, refused


def storm(path, seed):
    client, chance = Client(path), Chance(seed)
    model = Model(shown(client))
    load = [Load(port("LISTEN"), RATE * 3 / 4), Load(port("SECOND"), RATE / 4)]
    for thread in load:
        thread.start()
    refusals = 0
    try:
        for _ in range(COUNT):
            model, refused = transact(client, model, chance)
            refusals += refused
    finally:
        address = f"127.0.0.1:{port('SECOND')}"
        client.call("txn.apply", operations=json.dumps([{"op": "listener.resume", "address": address}]))
        for thread in load:
            thread.over.set()
        for thread in load:
            thread.join()
    failed = [reason for thread in load for reason in thread.failed]
    assert not failed, f"{len(failed)} connections failed: {failed[:3]}"
    print(f"{COUNT} transactions, {refusals} of them refused, {sum(t.done for t in load)} connections")


def race(path):
    """Two who look and then change: each revision is made by one of them."""
    wins, rounds = [0, 0], 100
    start = threading.Barrier(2)

    def writer(me):
        client = Client(path)
        for number in range(rounds):
            revision = client.call("ping")[0]["rev"]
            start.wait()
            match = [{"remote_ip": {"ranges": ["0.0.0.0/0", f"10.0.{me}.{number}/32"]}}]
            operation = {"op": "route.set", "id": "last", "key": "match",
                         "value": json.dumps(match)}
            try:
                client.call("txn.apply", operations=json.dumps([operation]), if_rev=revision)
                wins[me] += 1
            except ControlError as error:
                assert error.code == "conflict", error
            start.wait()

    threads = [threading.Thread(target=writer, args=(me,)) for me in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(wins) == rounds, f"{wins} of {rounds}"


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print("seed", seed, flush=True)
    storm(sys.argv[1], seed)
    race(sys.argv[1])
