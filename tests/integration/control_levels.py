# SPDX-License-Identifier: BSD-2-Clause
"""Levels: `document FOLDER` prints the document that the daemon starts with, `check SOCKET FOLDER`
asks for everything as three users, `log FILE` looks at what the daemon wrote about it."""

import json
import os
import re
import sys
import traceback

from control_client import Client, ControlError, methods_of_header

LEVELS = ["none", "observe", "operate", "admin"]

# Every method, the level that it needs, and parameters with which it changes nothing.
METHODS = {
    "hello": ("observe", {"protocol": 1}),
    "log.level": ("operate", {"level": "info", "subsystem": "tee"}),
    "log.ls": ("observe", {}),
    "metrics": ("observe", {}),
    "ping": ("observe", {}),
    "stats": ("observe", {}),
    "status": ("observe", {}),
    "conn.ls": ("observe", {}),
    "conn.show": ("observe", {"id": 2**40}),
    "conn.trace": ("observe", {"filter": "no.such"}),
    "conn.kill": ("operate", {"ids": [2**40]}),
    "acme.challenge_add": ("admin", {"type": "none", "name": "x", "value": "x"}),
    "acme.challenge_del": ("admin", {"type": "none", "name": "x"}),
    "acme.rekey": ("admin", {"name": "none"}),
    "api.info": ("observe", {}),
    "ca.root": ("observe", {}),
    "cert.ls": ("observe", {}),
    "cert.renew": ("operate", {"name": "none"}),
    "cert.revoke": ("admin", {"name": "none"}),
    "cert.set": ("admin", {"name": "none", "chain": "-", "key": "-"}),
    "cert.show": ("observe", {"name": "none"}),
    "daemon.stop": ("admin", {"drain_s": 2**40}),
    "config.show": ("observe", {}),
    "config.apply": ("operate", {"document": "{}", "dry_run": True}),
    "config.check": ("operate", {"document": "{}"}),
    "config.confirm": ("operate", {}),
    "config.diff": ("observe", {}),
    "config.history": ("observe", {}),
    "config.reload": ("operate", None),  # asked for once, as admin
    "config.rollback": ("operate", {"revision": 2**40}),
    "config.save": ("operate", {"dry_run": True}),
    "config.stage": ("operate", {"offset": 0, "text": "{}"}),
    "events.watch": ("observe", {"types": "no.such"}),
    "txn.apply": ("operate", {"operations": "[]"}),
    "route.ls": ("observe", {}),
    "route.show": ("observe", {"id": "none"}),
    "route.test": ("observe", {"listener": "none"}),
    "server.ls": ("observe", {}),
    "server.show": ("observe", {"name": "none"}),
    "listener.ls": ("observe", {}),
    "listener.show": ("observe", {"address": "none"}),
    "upstream.ls": ("observe", {}),
    "upstream.health": ("operate", {"proxy": "none", "id": "none", "state": "up"}),
    "upstream.show": ("observe", {"proxy": "none", "id": "none"}),
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def document(folder):
    routes = [
        {"@id": "list", "match": [{"remote_ip_list": {"remote_ip_file": folder + "/addresses"}}],
         "handle": [{"handler": "close"}]},
        {"@id": "unix", "match": [{"ssh": {}}],
         "handle": [{"handler": "proxy", "upstreams": [{"dial": [f"unix/{folder}/backend"]}]}]},
        {"@id": "env", "match": [{"xmpp": {}}],
         "handle": [{"handler": "respond", "body": "{env.SECRET_OF_THE_DAEMON}"}]},
        {"@id": "plain", "handle": [{"handler": "respond", "body": "hello"}]},
    ]
    listen = ["127.0.0.1:" + os.environ["LISTEN"]]
    wrapper = {"wrapper": "layer4", "routes": [
        {"@id": "wrapped", "match": [{"ssh": {}}],
         "handle": [{"handler": "respond", "body": "so: {env.WRAPPED}"}]}]}
    site = {"listen": ["127.0.0.1:" + os.environ["SITE"]], "listener_wrappers": [wrapper]}
    pair = {"certificate": read(folder + "/cert.pem"), "key": read(folder + "/key.pem")}
    return {"apps": {"layer4": {"servers": {"main": {"listen": listen, "routes": routes}}},
                     "http": {"servers": {"site": site}},
                     "tls": {"certificates": {"load_pem": [pair]}}}}


def routes_of(doc):
    return doc["apps"]["layer4"]["servers"]["main"]["routes"]


def outcome(client, method, **params):
    """None, or the error."""
    try:
        client.call(method, **params)
    except ControlError as error:
        return error
    return None


def apply(client, *operations, **more):
    return outcome(client, "txn.apply", operations=json.dumps(operations), **more)


def as_user(uid, groups, action):
    """Runs action in a process of that user; it must end well."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if uid:
                os.setgroups(groups)
                os.setgid(uid)
                os.setuid(uid)
            action()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, (uid, action)


# ---- the matrix ---------------------------------------------------------------------------------

def check_matrix(path, level):
    client = Client(path, greet=level != "none")
    assert set(METHODS) == methods_of_header(), set(METHODS) ^ methods_of_header()
    if level != "none":
        told = {m["name"]: m["level"] for m in client.call("api.info")[1]}
        assert told == {m: needed for m, (needed, _) in METHODS.items()}, told
    if level != "none":
        assert client.facts["level"] == level, client.facts
    for method, (needed, params) in METHODS.items():
        denied = LEVELS.index(level) < LEVELS.index(needed)
        if params is None and not denied and level != "admin":
            continue
        error = outcome(client, method, **(params or {}))
        assert (error is not None and error.code == "denied") == denied, (level, method, error)
        if denied and level != "none":
            assert f"needs the level {needed}, yours is {level}" in str(error), error
    error = outcome(client, "config.show", secrets=True)
    assert (error is None) == (level == "admin"), error
    if error is not None and level != "none":
        assert error.path == "secrets" and "admin" in str(error), error
    client.close()


def check_stranger_stays_out(path):
    try:
        Client(path)
    except PermissionError:
        return
    raise AssertionError("a stranger came as far as the socket")


# ---- what a change may bring in -----------------------------------------------------------------

def route(*handlers, **more):
    return {**more, "handle": list(handlers)}


def add(value):
    return {"op": "route.add", "server": "main", "first": True, "route": json.dumps(value)}


def proxy(**upstream):
    return {"handler": "proxy", "upstreams": [upstream]}


def forbidden(folder):
    """(what, operation, end of the path of the denial)"""
    client_certificate = {"client_certificate_file": folder + "/cert.pem",
                          "client_certificate_key_file": folder + "/key.pem"}
    policy = {"client_authentication": {"ca": {"provider": "file",
                                               "pem_files": [folder + "/cert.pem"]}}}
    yield "another file", add(route(match=[{"remote_ip_list": {
        "remote_ip_file": folder + "/others"}}])), "remote_ip_file"
    yield "the control socket", add(route(proxy(dial=[f"unix/{folder}/run/control.sock"]))), "dial[0]"
    yield "a socket in disguise", add(
        route(proxy(dial=["unix{system.slash}" + folder + "/run/control.sock"]))), "dial[0]"
    yield "a socket by swap", {"op": "upstream.swap", "proxy": "unix",
                               "dial": ["unix//run/other.sock"]}, "dial[0]"
    yield "a socket by set", {"op": "upstream.set", "proxy": "unix",
                              "id": f"unix/{folder}/backend", "key": "dial",
                              "value": '["unix//run/other.sock"]'}, "dial[0]"
    yield "a key of the daemon's", add(
        route(proxy(dial=["127.0.0.1:9"], tls=client_certificate))), "client_certificate_file"
    yield "authorities in a file", add(
        route(proxy(dial=["127.0.0.1:9"], tls={"root_ca_pem_files": ["/etc/shadow"]}))), \
        "root_ca_pem_files[0]"
    yield "a file of client authentication", add(
        route({"handler": "tls", "connection_policies": [policy]})), "pem_files[0]"
    yield "the environment in a body", add(
        route({"handler": "respond", "body": "so: {env.SECRET_OF_THE_DAEMON}"})), "body"
    yield "a file in a body", add(route({"handler": "respond", "body": "{file./etc/shadow}"})), "body"
    yield "a file in an address", add(route(proxy(dial=["unix/{file./etc/shadow}"]))), "dial[0]"
    yield "the environment in a variable", add(
        route({"handler": "vars", "x": "{env.SECRET_OF_THE_DAEMON}"})), "x"
    yield "the environment in a variable's name", add(
        route({"handler": "vars", "{env.SECRET_OF_THE_DAEMON}": 1})), 'SECRET_OF_THE_DAEMON}"]'
    yield "the environment in a matcher's key", add(
        route(match=[{"vars": {"{env.SECRET_OF_THE_DAEMON}": ["a"]}}])), 'SECRET_OF_THE_DAEMON}"]'
    yield "the environment in an address", add(
        route(proxy(dial=["{env.SECRET_OF_THE_DAEMON}:80"]))), "dial[0]"
    yield "the environment in an HTTP matcher", add(
        route(match=[{"http": [{"host": ["{env.SECRET_OF_THE_DAEMON}"]}]}])), "host[0]"
    yield "the environment in a negation", add(
        route(match=[{"not": [{"remote_ip": {"ranges": ["{env.X}"]}}]}])), "ranges[0]"
    yield "the environment deep inside", add(
        route({"handler": "subroute", "routes": [
            route({"handler": "respond", "body": "{env.X}"})]})), "body"
    yield "the environment by set", {"op": "route.set", "id": "plain", "key": "handle",
                                     "value": '[{"handler":"respond","body":"{env.X}"}]'}, "body"
    yield "the environment in a wrapper", {"op": "route.add", "wrapper": "site", "route": json.dumps(
        route({"handler": "respond", "body": "{env.X}"}))}, "listener_wrappers[0].routes[1].handle[0].body"
    yield "the environment by set in a wrapper", {"op": "route.set", "id": "wrapped", "key": "handle",
        "value": '[{"handler":"respond","body":"{env.X}"}]'}, "handle[0].body"
    yield "a listener of a site", {"op": "listener.add", "server": "http/site",
                                   "address": "127.0.0.1:" + os.environ["OTHER"]}, "operations[0]"
    yield "a proxy for everybody", add(route({"handler": "socks5"})), "handle[0]"
    yield "a new password", add(
        route({"handler": "socks5", "credentials": {"eve": "secret of eve"}})), "credentials.eve"
    yield "a listener", {"op": "listener.add", "server": "main",
                         "address": "127.0.0.1:" + os.environ["OTHER"]}, "operations[0]"
    yield "a server", {"op": "server.add", "name": "new", "server": json.dumps(
        {"listen": ["127.0.0.1:" + os.environ["OTHER"]]})}, "operations[0]"


def documents(doc, folder):
    """(what, whole document, end of the path of the denial)"""
    other = "127.0.0.1:" + os.environ["OTHER"]

    def changed(change):
        copy = json.loads(json.dumps(doc))
        change(copy)
        return copy

    def main(copy):
        return copy["apps"]["layer4"]["servers"]["main"]

    yield "a listener", changed(lambda d: main(d)["listen"].append(other)), "listen[1]"
    yield "another server", changed(lambda d: d["apps"]["layer4"]["servers"].update(
        new={"listen": [other]})), "servers.new"
    yield "an HTTP server", changed(lambda d: d["apps"].update(
        http={"servers": {"web": {"listen": [other]}}})), "servers.web"
    yield "the admin listener", changed(lambda d: d.update(admin={"listen": other})), "admin.listen"
    yield "a new secret", changed(lambda d: d["apps"]["tls"]["certificates"]["load_pem"][0].update(
        key="-----BEGIN PRIVATE KEY-----\n")), "load_pem[0].key"
    yield "certificates from a file", changed(lambda d: d["apps"]["tls"]["certificates"].update(
        load_files=[{"certificate": folder + "/cert.pem", "key": folder + "/key.pem"}])), \
        "load_files[0].certificate"
    yield "certificates from a folder", changed(lambda d: d["apps"]["tls"]["certificates"].update(
        load_folders=["/root"])), "load_folders[0]"


def shown(client):
    return json.loads(client.call("config.show")[2])


def check_denied(path, folder):
    client = Client(path)
    rev = client.call("ping")[0]["rev"]
    for what, operation, end in forbidden(folder):
        for dry in False, True:
            error = apply(client, operation, dry_run=dry)
            assert error is not None and error.code == "denied", (what, error)
            assert error.path.endswith(end) and "level admin" in str(error), (what, error.path)
    for what, doc, end in documents(shown(client), folder):
        for method, more in ("config.apply", {}), ("config.check", {}):
            error = outcome(client, method, document=json.dumps(doc), **more)
            assert error is not None and error.code == "denied", (what, error)
            assert error.path.endswith(end) and "level admin" in str(error), (what, error.path)
    # Nobody silences the lines that say what he did.
    for more in {}, {"subsystem": "control"}:
        error = outcome(client, "log.level", level="warn", for_s=1, **more)
        assert error is not None and error.code == "denied" and error.path == "level", error
    assert outcome(client, "log.level", level="warn", subsystem="tee") is None
    # A Caddyfile from the socket reaches no further.
    error = outcome(client, "config.check", document="import " + folder + "/config.json\n")
    assert error is not None and error.code != "internal" and "127.0.0.1" not in str(error), error
    error = outcome(client, "config.check", document="{\n {$SECRET_OF_THE_DAEMON}\n}\n")
    assert error is not None and "swordfish" not in str(error), error
    assert client.call("ping")[0]["rev"] == rev
    client.close()


def check_allowed(path, folder):
    """What stands in the document may be moved, changed around and removed."""
    client = Client(path)
    before = client.call("config.show")[2]
    operations = [
        {"op": "route.mv", "id": "list", "last": True},
        {"op": "route.disable", "id": "unix"},
        {"op": "route.enable", "id": "unix"},
        {"op": "route.set", "id": "env", "key": "match", "value": '[{"ssh":{}}]'},
        {"op": "upstream.add", "proxy": "unix", "upstream": '{"dial":["127.0.0.1:9"]}'},
        {"op": "route.replace", "id": "list", "route": json.dumps(
            route({"handler": "echo"}, match=[{"remote_ip_list": {
                "remote_ip_file": folder + "/addresses"}}]))},
        add(route({"handler": "respond", "body": "{l4.conn.remote_ip} {system.hostname}"})),
        add(route(proxy(dial=["tcp/127.0.0.1:9", "udp.example:80"]))),
        {"op": "route.set", "id": "wrapped", "key": "match", "value": '[{"xmpp":{}}]'},
        add(route({"handler": "respond", "body": "so: {env.WRAPPED}"})),
        {"op": "route.add", "wrapper": "site", "route": json.dumps(route(
            {"handler": "respond", "body": "{env.SECRET_OF_THE_DAEMON}"}))},
        {"op": "listener.pause", "address": "127.0.0.1:" + os.environ["SITE"]},
        {"op": "listener.resume", "address": "127.0.0.1:" + os.environ["SITE"]},
        {"op": "listener.pause", "address": "127.0.0.1:" + os.environ["LISTEN"]},
        {"op": "listener.resume", "address": "127.0.0.1:" + os.environ["LISTEN"]},
    ]
    for operation in operations:
        assert (error := apply(client, operation)) is None, (operation, error, error.path)
    # The whole document comes back with its masks, in another order; the secrets stay.
    doc = shown(client)
    routes_of(doc).reverse()
    assert "$secret" in json.dumps(doc)
    assert (error := outcome(client, "config.apply", document=json.dumps(doc))) is None, error
    # A mask stands for its secret in its own place alone.
    mask = doc["apps"]["tls"]["certificates"]["load_pem"][0]["key"]
    error = apply(client, add(route({"handler": "respond", "body": mask})))
    assert error is not None and error.code == "invalid" and error.path.endswith("body"), error
    doc["apps"]["tls"]["certificates"]["load_pem"][0]["key"] = {"$secret": "sha256:" + "0" * 64}
    error = outcome(client, "config.apply", document=json.dumps(doc))
    assert error is not None and error.code == "invalid", error
    assert error.path.endswith("load_pem[0].key"), error.path
    # Removing is free; bringing back is bringing in, also out of the history.
    assert apply(client, {"op": "route.rm", "id": "unix"}) is None
    error = outcome(client, "config.rollback", back=1)
    assert error is not None and error.code == "denied" and error.path.endswith("dial[0]"), error
    assert client.call("config.show")[2] != before
    client.close()


def check_admin(path, folder):
    client = Client(path)
    key = read(folder + "/key.pem")
    assert key not in client.call("config.show")[2]
    text = client.call("config.show", secrets=True)[2]
    assert json.loads(text)["apps"]["tls"]["certificates"]["load_pem"][0]["key"] == key
    for method in "config.diff", "config.history", "route.ls":
        assert "PRIVATE" not in json.dumps(client.call(method)[1])
    assert outcome(client, "config.rollback", back=1) is None
    assert outcome(client, "config.reload") is None
    listener = {"op": "listener.add", "server": "main",
                "address": "127.0.0.1:" + os.environ["OTHER"]}
    body = add(route({"handler": "respond", "body": "so: {env.SECRET_OF_THE_DAEMON}"}))
    assert apply(client, listener, body) is None
    assert client.call("config.show", secrets=True)[2].count(key[40:60]) == 1
    client.close()


def check(path, folder):
    group = int(os.environ["GROUP"])
    as_user(0, [], lambda: check_matrix(path, "admin"))
    as_user(60001, [group], lambda: check_matrix(path, "operate"))
    as_user(60002, [], lambda: check_stranger_stays_out(path))
    os.chmod(folder + "/run", 0o755)
    os.chmod(path, 0o666)
    as_user(60002, [], lambda: check_matrix(path, "none"))
    os.chmod(path, 0o660)
    os.chmod(folder + "/run", 0o750)
    as_user(60001, [group], lambda: check_denied(path, folder))
    as_user(60001, [group], lambda: check_allowed(path, folder))
    as_user(0, [], lambda: check_admin(path, folder))


# ---- the log ------------------------------------------------------------------------------------

def check_log(path):
    lines = [line for line in read(path).splitlines() if "swordfish" in line or "PRIVATE" in line]
    assert not lines, lines
    changes = [line for line in read(path).splitlines() if re.search(r"\bresult=", line)]
    for line in changes:
        assert re.search(r"uid=\d+ pid=\d+ command=\S+ rev=\d+ result=\w+", line), line
    denied = [line for line in changes if "result=denied" in line and "uid=60001" in line]
    done = [line for line in changes if "result=done" in line and "uid=60001" in line]
    # A dry run and config.check change nothing and are not in it.
    admin = len([m for m, (needed, _) in METHODS.items() if needed == "admin"])
    want = len(list(forbidden("/x"))) + len(list(documents(document_stub(), "/x"))) + admin + 1 + 2
    assert len(denied) == want, (len(denied), want)
    assert len(done) == 19, done
    strangers = [line for line in changes if "uid=60002" in line]
    assert len(strangers) == len([m for m, (needed, _) in METHODS.items() if needed != "observe"
                                  and m not in ("config.check", "config.stage")]), strangers


def document_stub():
    return {"apps": {"layer4": {"servers": {"main": {"listen": [], "routes": []}}},
                     "tls": {"certificates": {"load_pem": [{}]}}}}


if __name__ == "__main__":
    if sys.argv[1] == "document":
        print(json.dumps(document(sys.argv[2])))
    elif sys.argv[1] == "check":
        check(sys.argv[2], sys.argv[3])
    else:
        check_log(sys.argv[2])
