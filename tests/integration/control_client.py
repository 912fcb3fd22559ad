# SPDX-License-Identifier: BSD-2-Clause
"""A client of the control socket, written from include/pointsman/control.h and
docs/control-protocol.md alone. Run with the socket's path it asks for everything there is."""

import json
import os
import re
import socket
import sys

import msgpack

REQUEST, RESPONSE, NOTIFICATION = 0, 1, 2
HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../include/pointsman/control.h")


def methods_of_header():
    """The names that the header defines behind its line "methods"."""
    with open(HEADER, encoding="utf-8") as file:
        part = file.read().split("---- methods ----")[1].split("---- levels ----")[0]
    return set(re.findall(r'^#define CONTROL_\w+ "([a-z._]+)"$', part, re.MULTILINE))


class ControlError(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.path = error.get("path")
        self.hint = error.get("hint")


class Closed(Exception):
    pass


class Client:
    def __init__(self, path, greet=True, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.unpacker = msgpack.Unpacker(raw=False)
        self.id = 0
        if greet:
            self.facts = self.call("hello", protocol=1, client="control_client.py")[0]

    def close(self):
        self.socket.close()

    def send(self, method, params):
        self.id += 1
        self.socket.sendall(msgpack.packb([REQUEST, self.id, method, [params]]))
        return self.id

    def receive(self):
        while True:
            for message in self.unpacker:
                return message
            data = self.socket.recv(65536)
            if not data:
                raise Closed("the daemon closed the connection")
            self.unpacker.feed(data)

    def answer(self, wanted):
        """(result, items, text) of the request; items and text came in chunks."""
        items, text = [], ""
        while True:
            message = self.receive()
            if message[0] == NOTIFICATION:
                _, name, (params,) = message
                if name == "closing":
                    raise Closed(params["code"])
                if name == "chunk" and params["id"] == wanted:
                    items += params.get("items", [])
                    text += params.get("text", "")
                continue
            kind, number, error, result = message
            assert kind == RESPONSE and number == wanted, message
            if error is not None:
                raise ControlError(error)
            return result, items, text

    def call(self, method, **params):
        return self.answer(self.send(method, params))


def refused(code, action, *args, **params):
    try:
        action(*args, **params)
    except ControlError as error:
        assert error.code == code, f"{error.code}: {error}, not {code}"
        return error
    raise AssertionError(f"not refused: {args} {params}")


def closed(code, path, data, greet=True):
    client = Client(path, greet)
    client.socket.sendall(data)
    try:
        client.answer(-1)
    except Closed as reason:
        assert str(reason) == code, f"{reason}, not {code}"
    else:
        raise AssertionError(f"not closed for {data[:20]}")
    client.close()


def check_hello(path):
    client = Client(path, greet=False)
    refused("invalid", client.call, "ping")
    assert refused("invalid", client.call, "hello").path == "protocol"
    refused("unsupported", client.call, "hello", protocol=0)
    facts = client.call("hello", protocol=1)[0]
    assert facts["protocol"] == 1 and facts["level"] in ("observe", "operate", "admin")
    assert facts["limits"]["request"] == 1 << 20 and facts["limits"]["depth"] == 16
    client.close()


def check_requests(path):
    client = Client(path)
    assert client.call("ping")[0]["rev"] >= 1
    assert refused("not_found", client.call, "conn.lss").hint == "conn.ls"
    assert refused("invalid", client.call, "conn.ls", filtre="x").hint == "filter"
    assert refused("invalid", client.call, "conn.show").path == "id"
    refused("not_found", client.call, "conn.show", id=2**63)
    assert refused("invalid", client.call, "conn.ls", filter="rout==x").path == "filter"
    refused("invalid", client.call, "conn.kill")
    refused("not_found", client.call, "conn.kill", ids=[2**40])
    status = client.call("status")[0]
    assert status["workers"] >= 1 and status["clients"] >= 1 and status["pid"] > 1
    result, items, _ = client.call("conn.ls", limit=5)
    assert result["count"] == len(items) and set(result) >= {"rev", "count"}
    result, _, text = client.call("config.show")
    assert len(text.encode()) == result["bytes"]
    assert isinstance(json.loads(text), dict)
    assert "BEGIN CERTIFICATE" in client.call("ca.root")[0]["pem"]
    # Pipelined, answered in any order that keeps the ids.
    first = [client.send("ping", {}) for _ in range(100)]
    for number in first:
        client.answer(number)
    client.close()


def apply(client, *operations, **params):
    return client.call("txn.apply", operations=json.dumps(operations), **params)[0]


def names(client):
    return [item["name"] for item in client.call("route.ls")[1]]


def check_changes(path):
    """Of the routes of the server main, which are as before afterwards."""
    client = Client(path)
    before = names(client)
    revision = client.call("ping")[0]["rev"]
    route = json.dumps({"match": [{"ssh": {}}], "handle": [{"handler": "close"}]})
    add = {"op": "route.add", "server": "main", "route": route}
    # All or nothing, and what one operation adds others can name.
    first = {"op": "route.add", "server": "main", "route": '{"@id": "py"}', "first": True}
    error = refused("not_found", apply, client, first, {"op": "route.rm", "id": "yp"})
    assert error.path == "operations[1]" and names(client) == before
    error = refused("invalid", apply, client, {"op": "route.ad"})
    assert error.path.startswith("operations[0]"), error.path
    error = refused("invalid", apply, client, dict(first, route='{"handel": []}'))
    assert error.path == "apps.layer4.servers.main.routes[0]" and "did you mean 'handle'" in str(error)
    refused("limit", client.call, "txn.apply", operations="[]")
    refused("invalid", client.call, "txn.apply", operations="{}")
    dry = apply(client, first, add, {"op": "route.mv", "id": "py", "last": True}, dry_run=True)
    assert dry["names"] == ["py", None, "py"] and dry["change_count"] == 2, dry
    assert dry["existing"] == {"keep": 0, "drain": 0, "kill": 0} and dry["revision"] == revision
    done = apply(client, first, add, {"op": "route.mv", "id": "py", "last": True}, if_rev=revision)
    assert done["connections"] == [0, 0, 0] and "changes" not in done
    assert names(client) == before + [done["names"][1], "py"], names(client)
    assert done["revision"] == revision + 1
    refused("conflict", apply, client, add, if_rev=revision)
    # A route that the transaction goes on to change is still the one that it added.
    more = apply(client, {**add, "before": "py"}, {"op": "route.set", "id": "py", "key": "@id", "value": "yp"})
    apply(client, *({"op": "route.rm", "id": name} for name in (more["names"][0], done["names"][1], "yp")))
    assert names(client) == before
    # Many at once, answered in any order.
    sent = [client.send("txn.apply", {"operations": json.dumps([add])}) for _ in range(20)]
    added = [client.answer(number)[0]["names"][0] for number in sent]
    assert names(client) == before + added and len(set(added)) == 20
    apply(client, *({"op": "route.rm", "id": name} for name in added))
    assert names(client) == before
    client.close()


def check_stage(path):
    client, other = Client(path), Client(path)
    document = client.call("config.show")[2]
    half = len(document) // 2
    assert client.call("config.stage", offset=0, text=document[:half])[0]["bytes"] == half
    refused("conflict", client.call, "config.stage", offset=half - 1, text="x")
    refused("conflict", other.call, "config.apply", staged=True)
    client.call("config.stage", offset=half, text=document[half:])
    refused("invalid", client.call, "config.apply", staged=True, document=document)
    refused("invalid", client.call, "config.apply", staged=False)
    refused("invalid", client.call, "config.apply")
    assert client.call("config.apply", staged=True)[0]["change_count"] == 0
    refused("conflict", client.call, "config.apply", staged=True)  # it is gone
    client.call("config.stage", offset=0, text="rubbish")
    operations = json.dumps([{"op": "route.add", "server": "main", "route": '{"@id": "staged"}'}])
    client.call("config.stage", offset=0, text=operations)  # begun anew
    assert client.call("txn.apply", staged=True)[0]["names"] == ["staged"]
    apply(client, {"op": "route.rm", "id": "staged"})
    # 8 MiB for one, 16 MiB for all: the oldest gives way.
    part = " " * 1000000
    clients = [Client(path) for _ in range(3)]
    for c in clients:
        for i in range(8):
            c.call("config.stage", offset=i * len(part), text=part)
    refused("limit", clients[2].call, "config.stage", offset=8 * len(part), text=part)
    refused("conflict", clients[0].call, "config.check", staged=True)
    refused("invalid", clients[2].call, "config.check", staged=True)  # there, and no document
    clients[1].close()
    clients[0].call("config.stage", offset=0, text=part)
    for c in clients:
        c.close()


def check_events(path):
    client = Client(path)
    assert refused("invalid", client.call, "events.watch", types="confg").hint == "config"
    refused("conflict", client.call, "events.watch", since=2**60)
    watch = client.send("events.watch", {"since": 0, "types": "config,listener"})
    _, name, (begun,) = client.receive()
    assert name == "chunk" and begun["items"] == [] and begun["seq"] == 0, begun
    client.socket.shutdown(socket.SHUT_WR)
    result, items, _ = client.answer(watch)
    assert {"listener.opened", "config.changed"} <= {item["type"] for item in items}
    assert all(item["seq"] <= result["seq"] and item["time"].endswith("Z") for item in items)
    client.close()


ROW = {"id", "src", "dst", "listener", "server", "route", "upstream", "sni", "alpn", "proto", "tls",
       "age", "idle", "bytes_in", "bytes_out", "state"}
ROUTE = {"name", "handle", "id", "server", "wrapper", "label", "handlers", "disabled", "hits", "active"}
UPSTREAM = {"name", "id", "dial", "route", "proxy", "server", "weight", "max_connections",
            "admin", "health", "effective", "connections", "dials", "failures"}
STATS = {"kind", "name", "server", "connections", "active", "errors", "bytes_in", "bytes_out",
         "ends", "handshakes"}
APPLIED = {"rev", "revision", "change_count", "changes"}


def check_methods(path, listen):
    """Each method once, and the keys of what it answers; control_changes.py has more of those
    that change something."""
    client = Client(path)
    with socket.create_connection(("127.0.0.1", int(listen))) as connection:
        connection.sendall(b"hello")
        assert connection.recv(5) == b"hello"
        (row,) = client.call("conn.ls")[1]
        shown = client.call("conn.show", id=row["id"])[0]
        assert client.call("conn.kill", ids=[row["id"]])[0]["killed"] == 1
    document = client.call("config.show")[2]
    address = "127.0.0.1:" + listen
    seen = {
        "hello": (client.facts, {"protocol", "protocol_min", "version", "level", "pid", "limits"}),
        "conn.ls": (row, ROW),
        "conn.show": (shown, ROW | {"started", "remote", "local", "worker", "matching", "branch_of",
                                    "streams", "facts"}),
        "conn.trace": (client.call("conn.trace", seconds=1)[0], {"connections", "steps", "lost"}),
        "conn.kill": (client.call("conn.kill", filter="id>0")[0], {"killed", "dry_run", "missing"}),
        "config.confirm": ({}, set()),
        "acme.challenge_add": (client.call(
            "acme.challenge_add", type="http-01", name="token", value="token.x")[0], {"rev"}),
        "acme.challenge_del": (client.call(
            "acme.challenge_del", type="http-01", name="token")[0], {"rev"}),
        "acme.rekey": ({}, set()),
        "cert.renew": ({}, set()),
        "cert.revoke": ({}, set()),
        "cert.set": ({}, set()),
    }
    plain = {
        "log.level": ({"level": "info"}, {"rev"}),
        "metrics": ({}, {"rev", "bytes"}),
        "ping": ({}, {"rev"}),
        "status": ({}, {"rev", "version", "pid", "started", "uptime", "level", "workers",
                        "connections", "unconfirmed", "confirm_left"}),
        "ca.root": ({}, {"rev", "pem"}),
        "config.show": ({}, {"rev", "bytes"}),
        "config.stage": ({"offset": 0, "text": document}, {"rev", "bytes"}),
        "config.check": ({"document": document}, APPLIED | {"count"}),
        "config.apply": ({"document": document}, APPLIED),
        "config.reload": ({}, APPLIED | {"set_aside"}),
        "config.save": ({"dry_run": True}, {"change_count", "changes", "set_aside", "saved"}),
        "config.rollback": ({"back": 1, "dry_run": True}, APPLIED),
        "txn.apply": ({"operations": '[{"op":"route.disable","id":"db"}]'},
                      {"rev", "revision", "connections"}),
        "route.show": ({"id": "db"}, ROUTE | {"json"}),
        "cert.show": ({"name": "localhost"}, {"names", "expires", "fingerprint"}),
        "server.show": ({"name": "main"}, {"name", "listeners", "routes", "hits", "active"}),
        "route.test": ({"listener": address}, {"rev"}),
        "listener.show": ({"address": address}, {"address", "server", "paused"}),
        "upstream.health": ({"proxy": "db", "id": "127.0.0.1:9", "state": "auto"}, UPSTREAM),
        "upstream.show": ({"proxy": "db", "id": "127.0.0.1:9"}, UPSTREAM),
    }
    lists = {
        "api.info": {"name", "level", "changes", "help", "parameters"},
        "stats": STATS,
        "cert.ls": {"names", "expires"},
        "config.history": {"revision", "time", "who", "comment"},
        "config.diff": {"path", "change"},
        "log.ls": {"subsystem", "level", "then", "left"},
        "route.ls": ROUTE | {"index"},
        "server.ls": {"name", "listeners", "routes", "hits", "active"},
        "listener.ls": {"address", "server", "paused"},
        "upstream.ls": UPSTREAM,
    }
    for method, (params, keys) in plain.items():
        seen[method] = client.call(method, **params)[0], keys
    for method, keys in lists.items():
        result, items, _ = client.call(method)
        assert result["count"] == len(items) > 0, method
        seen[method] = items[0], keys
    for method, params in (("config.confirm", {}), ("cert.renew", {"name": "none"}),
                           ("cert.revoke", {"name": "none"}), ("acme.rekey", {"name": "none"})):
        refused("not_found", client.call, method, **params)
    refused("not_found", client.call, "cert.set", name="none", chain="-", key="-")
    # Until the client ends its side.
    number = client.send("events.watch", {"since": 0})
    client.socket.shutdown(socket.SHUT_WR)
    result, items, _ = client.answer(number)
    assert result["seq"] >= items[-1]["seq"]
    seen["events.watch"] = items[0], {"seq", "time", "type"}
    for method, (answer, keys) in seen.items():
        assert keys <= set(answer), (method, keys - set(answer))
    assert set(seen) == methods_of_header(), set(seen) ^ methods_of_header()
    client.close()


def check_limits(path):
    closed("invalid", path, b"\xc1")
    closed("invalid", path, msgpack.packb({"method": "ping"}))
    closed("invalid", path, msgpack.packb([NOTIFICATION, "ping", [{}]]))
    closed("invalid", path, b"GET / HTTP/1.1\r\n\r\n", greet=False)
    closed("limit", path, b"\xdb\x7f\xff\xff\xff")
    closed("limit", path, b"\xdd\x00\x02\x00\x00")
    closed("limit", path, b"\x91" * 17)
    stalled = [Client(path) for _ in range(8)]
    for number, client in enumerate(stalled):
        client.socket.sendall(msgpack.packb([REQUEST, 1, "ping", [{}]])[: 1 + number])
    check_requests(path)
    for client in stalled:
        client.close()


def main():
    path = sys.argv[1]
    check_hello(path)
    check_requests(path)
    check_changes(path)
    check_stage(path)
    check_events(path)
    check_methods(path, sys.argv[2])
    check_limits(path)
    print("all is as the header says")


if __name__ == "__main__":
    main()
