#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# No secret of the document, in force or refused, comes out of the daemon again: not in any answer but
# `config export --secrets`, not in an error, an event, a trace, a metric or a line of the log. What is
# shown instead is taken back for it.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port)
export LISTEN SOCK=$sock TMP=$tmp CTL=$pointsctl
simple_server "$LISTEN" '[{"handler":"echo"}]' | config
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=site.example \
    -addext subjectAltName=DNS:site.example -days 2 -keyout "$tmp/site.key" -out "$tmp/site.pem" 2>/dev/null ||
    skip "openssl makes no certificate (Debian: openssl)"
daemon
ctl log level debug || fail "log level"
start monitor "$pointsctl" -s "$sock" monitor --since 0
start trace "$pointsctl" -s "$sock" trace --for 1h
wait_log monitor config.changed
wait_log trace tracing

"$python" - <<'PY' || fail "the secrets"
import json, os, socket, subprocess
from control_client import Client, Closed, ControlError
from peers import port, within

TMP = os.environ["TMP"]
SECRET = "swordfish0123456789"
KEY = open(f"{TMP}/site.key", encoding="ascii").read()
client = Client(os.environ["SOCK"])
answers = []

def ask(method, wanted=None, **params):
    """Keeps what comes; wanted: the code of the error."""
    try:
        got, code = client.call(method, **params), None
    except ControlError as error:
        got, code = (str(error), error.path, error.hint), error.code
    answers.append((method, json.dumps(got)))
    assert code == wanted, (method, code, got)
    return got

def txn(operation, wanted=None, **more):
    return ask("txn.apply", wanted, operations=json.dumps([operation]), **more)

def add(route, wanted=None, **more):
    return txn({"op": "route.add", "server": "main", "first": True,
                "route": route if isinstance(route, str) else json.dumps(route)}, wanted, **more)

def socks(value):
    return {"handler": "socks5", "credentials": {"eve": value}}

# In force: a password, the key of a certificate, a key of OpenVPN, that of an external account.
add({"@id": "s", "handle": [socks(SECRET)]}, dry_run=True)
add({"@id": "s", "handle": [socks(SECRET)]})
document = json.loads(client.call("config.show", secrets=True)[2])
assert SECRET in json.dumps(document)
document["apps"]["layer4"]["servers"]["main"]["routes"].insert(0, {"@id": "vpn", "match": [
    {"openvpn": {"modes": ["auth"], "group_key": "5ec4e7" * 85 + "00"}}], "handle": [{"handler": "close"}]})
document["apps"]["tls"] = {
    "certificates": {"load_pem": [{"certificate": open(f"{TMP}/site.pem").read(), "key": KEY}]},
    "automation": {"policies": [{"subjects": ["no.example"], "issuers": [{"module": "acme",
        "ca": "https://127.0.0.1:1/", "external_account": {"key_id": "k", "mac_key": "5ec4e7" * 8}}]}]}}
ask("config.check", document=json.dumps(document))
ask("config.apply", document=json.dumps(document), dry_run=True)
ask("config.apply", document=json.dumps(document))

# Refused: in the wrong place, of the wrong kind, in text that is no JSON or no Caddyfile.
for handler in ({**socks(SECRET), "nonsense": 1}, socks([SECRET]), {"handler": "socks5", "credentials": SECRET},
                socks(SECRET * 20), {"handler": "socks5", "credential": {"eve": SECRET}}):
    add({"@id": "t", "handle": [handler]}, "invalid")
for text in ('{"handle":[{"handler":"socks5","credentials":{"eve":"%s"}}]', '{"a":{"eve" "%s"}}', '{"a":"%s" "x"}',
             '{"a":%s}', '{"a":"%s\x01"}', '{"a":"%s', 'route {\n socks5 {\n credentials eve %s more\n }\n}',
             'route {\n socks5 {\n credentials eve "%s\n }\n}'):
    add(text % SECRET, "invalid")
    ask("config.check", "invalid", document=text % SECRET)
for matcher in ({"group_key": SECRET}, {"client_keys": [SECRET]}, {"server_key": SECRET}):
    txn({"op": "route.set", "id": "s", "key": "match", "value": json.dumps([{"openvpn": matcher}])}, "invalid")
for key in SECRET, "-----BEGIN PRIVATE KEY-----\n" + SECRET:
    wrong = json.loads(json.dumps(document))
    wrong["apps"]["tls"]["certificates"]["load_pem"][0]["key"] = key
    ask("config.apply", "invalid", document=json.dumps(wrong))
ask("cert.set", "not_found", name="none.example", chain=SECRET, key=SECRET)
ask("cert.set", "invalid", name="site.example", chain=SECRET, key=SECRET)
# A batch says where the fault is, not what stands there.
batch = subprocess.run([os.environ["CTL"], "-s", os.environ["SOCK"], "batch"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True,
                       input='route add --server main <<END\n{"handle":[{"handler":"socks5","credentials":{"eve":["%s"]}}]}\nEND\n'
                       % SECRET)
assert batch.returncode == 7 and "1:" in batch.stdout, batch
answers.append(("batch", batch.stdout))

# Changed: what was and what is are told apart, and neither is told.
txn({"op": "route.set", "id": "s", "key": "handle", "value": json.dumps([socks(SECRET + "x")])}, dry_run=True)
txn({"op": "route.set", "id": "s", "key": "handle", "value": json.dumps([socks(SECRET + "x")])})
changes = ask("config.diff")[1]
assert len(changes) == 1 and changes[0]["before"] != changes[0]["after"], changes
assert all(changes[0][side].startswith('"sha256:') for side in ("before", "after")), changes

# Taken back: in a route, a member, the whole document.
shown = ask("route.show", id="s")[0]["json"]
route = json.loads(shown)
assert route["handle"][0]["credentials"]["eve"]["$secret"].startswith("sha256:"), shown
txn({"op": "route.replace", "id": "s", "route": shown})
txn({"op": "route.set", "id": "s", "key": "handle", "value": json.dumps(route["handle"])})
assert ask("config.apply", document=ask("config.show")[2])[0]["change_count"] == 0
assert SECRET + "x" in client.call("config.show", secrets=True)[2]

# Whoever asks for anything else.
with socket.create_connection(("127.0.0.1", port("LISTEN"))) as s:
    s.sendall(b"\x05\x01\x02")
    assert s.recv(2) == b"\x05\x02"
    s.sendall(b"\x01\x03eve" + bytes([len(SECRET)]) + SECRET.encode())  # not the one in force any more
    s.recv(2)
for method in ("config.show", "config.history", "config.diff", "route.ls", "server.ls", "conn.ls", "stats", "metrics",
               "status", "cert.ls", "api.info", "upstream.ls", "log.ls"):
    ask(method)
ask("config.diff", saved=True)
ask("config.save", dry_run=True)
ask("config.save")
ask("config.rollback", back=1, dry_run=True)
ask("config.rollback", back=1)
ask("cert.show", name="site.example")
ask("route.test", listener=f"127.0.0.1:{port('LISTEN')}")

texts = dict.fromkeys(("pointsmand.log", "monitor.log", "trace.log"))
def written():
    for name in texts:
        with open(f"{TMP}/{name}", encoding="utf-8") as file:
            texts[name] = file.read()
    return "config.rollback" in texts["pointsmand.log"] and "conn.close" in texts["monitor.log"] and \
        '"end"' in texts["trace.log"]
within(60, "the last lines", written)
answers += texts.items()
for what, text in answers:
    for secret in SECRET, "5ec4e7" * 4, KEY.splitlines()[1]:
        assert secret not in text, (what, text[max(0, text.find(secret) - 200):][:400])
print(len(answers), "texts without a secret")

# What keeps them is readable by the daemon alone.
for folder, _, files in os.walk(f"{TMP}/state"):
    for name in files:
        mode = os.stat(f"{folder}/{name}").st_mode & 0o777
        assert mode & 0o077 == 0, (folder, name, oct(mode))
PY
