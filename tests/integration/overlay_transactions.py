# SPDX-License-Identifier: BSD-2-Clause
"""Random transactions under load against a model; two writers. See overlay_transactions.sh."""

import json
import os
import random
import threading
import time

from control_client import Client, ControlError
from load import Load
from peers import port, within

COUNT = 1000
ROUTES_MAX = 12
LISTENERS = [f"127.0.0.1:{port('LISTEN')}", f"127.0.0.1:{port('OTHER')}"]
BACKENDS = [f"127.0.0.1:{port('ECHO')}", f"127.0.0.1:{port('ECHO2')}"]


class Model:
    """The document as it should be. Each step changes it and returns the operation that does it."""

    def __init__(self, document):
        self.document = document
        self.main = document["apps"]["layer4"]["servers"]["main"]
        self.next = 0

    def routes(self):
        return self.main["routes"]

    def some(self):
        """Any route but the one that serves everybody, or None."""
        others = [r for r in self.routes() if r["@id"] != "all"]
        return random.choice(others) if others else None

    def add(self):
        if len(self.routes()) >= ROUTES_MAX:
            return self.remove()
        self.next += 1
        route = {"@id": f"r{self.next}", "match": [{"remote_ip": {"ranges": ["192.0.2.1/32"]}}],
                 "handle": [{"handler": random.choice(["close", "echo"])}]}
        anchor = random.choice(self.routes())
        place = random.choice(["first", "last", "before", "after"])
        at = {"first": 0, "last": len(self.routes()), "before": self.routes().index(anchor),
              "after": self.routes().index(anchor) + 1}[place]
        self.routes().insert(at, route)
        where = {place: True} if place in ("first", "last") else {place: anchor["@id"]}
        return {"op": "route.add", "server": "main", "route": json.dumps(route), **where}

    def move(self):
        route, anchor = self.some(), random.choice(self.routes())
        if route is None or anchor is route:
            return self.add()
        self.routes().remove(route)
        place = random.choice(["before", "after"])
        self.routes().insert(self.routes().index(anchor) + (place == "after"), route)
        return {"op": "route.mv", "id": route["@id"], place: anchor["@id"]}

    def remove(self):
        route = self.some()
        if route is None:
            return self.add()
        self.routes().remove(route)
        return {"op": "route.rm", "id": route["@id"]}

    def swap(self):
        route = next(r for r in self.routes() if r["@id"] == "all")
        dial = random.sample(BACKENDS, random.randint(1, 2))
        route["handle"][0]["upstreams"] = [{"dial": [address]} for address in dial]
        return {"op": "upstream.swap", "proxy": "all", "dial": dial}

    def pause(self):
        if "paused" in self.main:
            return {"op": "listener.resume", "address": self.main.pop("paused")[0]}
        self.main["paused"] = [random.choice(LISTENERS)]
        return {"op": "listener.pause", "address": self.main["paused"][0]}

    def step(self):
        return random.choice([self.add, self.move, self.remove, self.swap, self.pause])()


def transact(client, operations, **options):
    return client.call("txn.apply", operations=json.dumps(operations), **options)[0]


def save_some(client, operations):
    """Saves the change alone, or, where it rests on others, all."""
    try:
        return transact(client, operations, save=True)
    except ControlError as error:
        assert error.code == "conflict" and "not saved" in str(error), error
    result = transact(client, operations)
    client.call("config.save", if_rev=result["revision"])
    return result


def document_of(client):
    return json.loads(client.call("config.show")[2])


def random_transactions(client, pace):
    document = document_of(client)
    model, revision = Model(document_of(client)), 1
    for _ in range(COUNT):
        operations = [model.step() for _ in range(random.randint(1, 3))]
        save = random.random() < 0.05
        result = (save_some if save else transact)(client, operations)
        same = document == (document := document_of(client))
        assert result.get("unchanged", False) == same, result
        revision += not same
        assert result["revision"] == revision, result
        assert document == model.document, f"{operations}\n{document}\n{model.document}"
        time.sleep(pace)
    if "paused" in model.main:
        transact(client, [model.pause()])


def two_writers(path, rounds=100):
    """Each asks for the revision, then both change it: one is told that it is too late."""
    writers = [Client(path), Client(path)]
    for number in range(rounds):
        revision = writers[0].call("ping")[0]["rev"]
        ready, won, lost = threading.Barrier(2), [], []

        def write(which):
            route = {"@id": f"w{which}", "handle": [{"handler": "close"}]}
            ready.wait(10)
            try:
                transact(writers[which], [{"op": "route.add", "server": "main", "last": True,
                                           "route": json.dumps(route)}], if_rev=revision)
                won.append(which)
            except ControlError as error:
                lost.append(error.code)

        threads = [threading.Thread(target=write, args=(which,)) for which in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1 and lost == ["conflict"], f"round {number}: {won} {lost}"
        transact(writers[0], [{"op": "route.rm", "id": f"w{won[0]}"}])


def main():
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    print(f"SEED={seed}", flush=True)
    random.seed(seed)
    path = os.environ["sock"]
    client = Client(path)
    ports = [port("LISTEN"), port("OTHER")]
    load = Load(lambda: random.choice(ports), 200)
    began = time.monotonic()
    try:
        random_transactions(client, 0.005)
    except BaseException:
        load.end()
        raise
    seconds = time.monotonic() - began
    rate = load.stop()
    # What was replaced is let go.
    within(30, "the last connection to end", lambda: client.call("status")[0]["connections"] == 0)
    assert client.call("status")[0]["old_routes"] == 0
    print(f"{COUNT} transactions in {seconds:.1f} s, {load.done} connections, {rate:.0f} a second")
    two_writers(path)
    client.call("config.save")
    with open(f"{os.environ['tmp']}/want.json", "w") as f:
        json.dump(document_of(client), f)


main()
