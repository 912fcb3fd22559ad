# SPDX-License-Identifier: BSD-2-Clause
"""Changes over the control socket: retries by txn_id, changes that must be confirmed, staged
texts, and the sizes of what is sent."""

import json
import sys
import time

import msgpack

from control_client import NOTIFICATION, Client, closed, refused

PART = 900_000


def route(name, body="x"):
    return {"@id": name, "handle": [{"handler": "respond", "body": body}]}


def add(name, **more):
    return {"op": "route.add", "server": "main", "first": True, "route": json.dumps(route(name)),
            **more}


def apply(client, *operations, **more):
    return client.call("txn.apply", operations=json.dumps(operations), **more)[0]


def names(client):
    return [item["name"] for item in client.call("route.ls")[1]]


def revision(client):
    return client.call("ping")[0]["rev"]


# ---- txn_id -------------------------------------------------------------------------------------

def check_retry(path):
    client = Client(path)
    first = apply(client, add("once"), txn_id="a")
    client.close()
    client = Client(path)  # the answer was lost with its connection
    again = apply(client, add("once"), txn_id="a")
    assert first["revision"] == again["revision"] and first["connections"] == again["connections"]
    assert names(client).count("once") == 1
    assert revision(client) == first["revision"]
    # Also where if_rev no longer holds: that was asked for the first time.
    again = apply(client, add("once"), txn_id="a", if_rev=first["revision"] - 1)
    assert again["revision"] == first["revision"]
    for operation, more in ((add("other"), {}), (add("once"), {"save": True}), (add("once"), {"confirm_s": 60})):
        error = refused("conflict", apply, client, operation, txn_id="a", **more)
        assert error.path == "txn_id"
    assert client.call("status")[0]["unconfirmed"] is None
    # Sent again before the first is answered.
    body = json.dumps([add("twice")])
    ids = [client.send("txn.apply", {"operations": body, "txn_id": "b"}) for _ in range(5)]
    revisions = set()
    for _ in ids:
        _, number, error, result = client.receive()
        assert error is None and number in ids, error
        revisions.add(result["revision"])
    assert len(revisions) == 1 and names(client).count("twice") == 1
    # What failed, and what was only tried, is not remembered.
    refused("exists", apply, client, add("twice"), txn_id="c")
    apply(client, {"op": "route.rm", "id": "twice"}, txn_id="c", dry_run=True)
    apply(client, {"op": "route.rm", "id": "twice"}, txn_id="c")
    assert "twice" not in names(client)
    refused("invalid", apply, client, add("none"), txn_id="")
    refused("limit", apply, client, add("none"), txn_id="x" * 65)
    # The memory has an end: the oldest is forgotten, so it is done again.
    for number in range(300):
        apply(client, {"op": "route.disable", "id": "once"}, txn_id=f"many{number}")
    refused("exists", apply, client, add("once"), txn_id="a")
    apply(client, {"op": "route.rm", "id": "once"})
    client.close()


# ---- confirm_s ----------------------------------------------------------------------------------

def wait_for_revision(client, wanted):
    end = time.monotonic() + 60
    while revision(client) < wanted:
        assert time.monotonic() < end, f"no revision {wanted}"
        time.sleep(0.05)


def check_confirmed(client):
    document = client.call("config.show")[2]
    made = apply(client, add("kept"), confirm_s=60)["revision"]
    status = client.call("status")[0]
    assert status["unconfirmed"] == made and 50 < status["confirm_left"] <= 60, status
    # Nothing else changes meanwhile, as it would be taken back too.
    assert "confirm" in str(refused("busy", apply, client, add("other")))
    refused("busy", client.call, "config.apply", document=document)
    refused("conflict", client.call, "config.confirm", revision=made - 1)
    assert client.call("config.confirm", revision=made)[0]["revision"] == made
    refused("not_found", client.call, "config.confirm")
    assert client.call("status")[0]["unconfirmed"] is None
    assert "kept" in names(client)


def check_not_confirmed(client):
    """The document before it is back, and the history says so."""
    document = client.call("config.show")[2]
    made = apply(client, add("gone"), confirm_s=1)["revision"]
    assert "gone" in names(client)
    wait_for_revision(client, made + 1)
    assert client.call("config.show")[2] == document
    newest = client.call("config.history")[1][0]
    assert newest["who"] == "confirm" and f"{made} was not confirmed" in newest["comment"], newest
    apply(client, add("other"))
    apply(client, {"op": "route.rm", "id": "other"})


def check_overridden(client):
    """A rollback and the file end the waiting."""
    document = json.loads(client.call("config.show")[2])
    document["apps"]["layer4"]["servers"]["main"]["routes"].insert(0, route("whole"))
    made = client.call("config.apply", document=json.dumps(document), confirm_s=60)[0]["revision"]
    client.call("config.rollback", revision=made - 1)
    assert client.call("status")[0]["unconfirmed"] is None and "whole" not in names(client)
    apply(client, add("gone"), confirm_s=60)
    client.call("config.reload")
    assert client.call("status")[0]["unconfirmed"] is None and "gone" not in names(client)
    apply(client, add("gone"), confirm_s=60, dry_run=True)
    assert client.call("status")[0]["unconfirmed"] is None
    refused("limit", apply, client, add("gone"), confirm_s=86401)


def check_not_saved(client):
    """What may yet be taken back is kept nowhere."""
    assert "confirm" in str(refused("invalid", apply, client, add("x"), confirm_s=60, save=True))
    apply(client, add("gone"), confirm_s=60)
    refused("busy", client.call, "config.save")
    client.call("config.rollback", back=1)
    client.call("config.save", dry_run=True)


def check_confirm(path):
    client = Client(path)
    check_confirmed(client)
    check_not_confirmed(client)
    check_overridden(client)
    check_not_saved(client)
    client.close()


# ---- config.stage -------------------------------------------------------------------------------

def stage(client, text):
    for at in range(0, len(text), PART):
        answer = client.call("config.stage", offset=at, text=text[at:at + PART])[0]
        assert answer["bytes"] == min(at + PART, len(text))


def check_stage(path):
    client = Client(path)
    operations = [{**add(f"big{i}"), "route": json.dumps(route(f"big{i}", "y" * 30000))}
                  for i in range(60)]
    text = json.dumps(operations)
    assert len(text) > 1 << 20
    stage(client, text)
    client.call("txn.apply", staged=True)
    assert names(client)[:2] == ["big59", "big58"]
    refused("conflict", client.call, "txn.apply", staged=True)  # it was used
    # The document is now longer than a request may be; it goes in and comes out.
    document = client.call("config.show")[2]
    assert len(document) > 1 << 20
    stage(client, document)
    assert client.call("config.check", staged=True)[0]["change_count"] == 0
    shorter = json.loads(document)
    main = shorter["apps"]["layer4"]["servers"]["main"]
    main["routes"] = [r for r in main["routes"] if not r["@id"].startswith("big")]
    stage(client, json.dumps(shorter))
    client.call("config.apply", staged=True)
    assert "big0" not in names(client)
    refused("invalid", client.call, "txn.apply", staged=True, operations="[]")
    refused("invalid", client.call, "txn.apply")
    refused("invalid", client.call, "config.check")
    client.close()


def check_stage_limits(path):
    """Each client's own, 8 MiB at most; 16 MiB for all, over which the oldest gives way."""
    client, other, third = Client(path), Client(path), Client(path)
    refused("conflict", client.call, "config.stage", offset=1, text="x")
    stage(client, "x" * (8 << 20))
    refused("limit", client.call, "config.stage", offset=8 << 20, text="x")
    refused("conflict", other.call, "txn.apply", staged=True)
    stage(other, "x" * ((8 << 20) - 10))
    stage(third, "x" * 10)
    refused("limit", client.call, "config.stage", offset=8 << 20, text="x")  # still there
    stage(third, "x" * 11)
    refused("conflict", client.call, "config.check", staged=True)
    stage(client, "x" * 10)
    for each in client, other, third:
        each.close()


# ---- sizes --------------------------------------------------------------------------------------

def check_chunks(path):
    """No chunk is longer than the header says, whatever is in it."""
    client = Client(path)
    limit = client.facts["limits"]["chunk"]
    long = [{**add("x"), "route": json.dumps(
        {"@id": f"long{i}" + "z" * 240, "handle": [{"handler": "echo"}] * 40})} for i in range(300)]
    apply(client, *long)
    for method in "route.ls", "config.show", "config.diff":
        wanted = client.send(method, {})
        sizes = []
        while (message := client.receive())[0] == NOTIFICATION:
            sizes.append(len(msgpack.packb(message)))
        assert message[1] == wanted and message[2] is None
        assert sizes and max(sizes) <= limit == 64 << 10, (method, max(sizes))
    client.call("config.reload")
    client.close()


def check_request_size(path):
    """A request of exactly 1 MiB is read, one byte more is not; the same of 16 levels."""
    client = Client(path)
    frame = len(msgpack.packb([0, 2, "config.check", [{"document": "x" * 70000}]])) - 70000
    longest = (1 << 20) - frame
    refused("invalid", client.call, "config.check", document="x" * longest)
    client.close()
    longer = msgpack.packb([0, 2, "config.check", [{"document": "x" * (longest + 1)}]])
    closed("limit", path, longer[:100])  # its length stands at its front
    deepest = [1]
    for _ in range(16 - 4):  # the request, its parameters, their map, this list
        deepest = [deepest]
    client = Client(path)
    assert refused("invalid", client.call, "conn.kill", ids=deepest).path == "ids[0]"
    client.close()
    closed("limit", path, msgpack.packb([0, 2, "conn.kill", [{"ids": [deepest]}]]))


def main():
    path = sys.argv[1]
    if sys.argv[2] == "begin":
        return apply(Client(path), add("unconfirmed"), confirm_s=600)
    check_retry(path)
    check_confirm(path)
    check_stage(path)
    check_stage_limits(path)
    check_chunks(path)
    check_request_size(path)
    print("changes are as the page says")


if __name__ == "__main__":
    main()
