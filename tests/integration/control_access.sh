#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The document's "control": users and groups have the levels that it says, at once and also those who
# are connected; the socket's mode follows; nobody below admin changes it; a client goes down to a
# lower level if it wants to.
. "$(dirname "$0")/lib.sh"
need_root
need_python
need_msgpack

chmod 711 "$tmp"
sock=$tmp/run/control.sock
document() { # CONTROL-JSON
    printf '{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:%s"],"routes":[
        {"handle":[{"handler":"close"}]}]}}}}%s}' "$LISTEN" "${1:+,\"control\":$1}"
}
LISTEN=$(free_port)
# By number and by name.
grants='{"users":{"60001":"operate","60004":"none","nobody":"observe"},
    "groups":{"60100":"observe","60101":"operate","daemon":"operate"}}'
document "$grants" | config
daemon
same 666 "$(stat -c %a "$sock")" "mode of the socket"
same 755 "$(stat -c %a "$tmp/run")" "mode of its folder"

document '' >"$tmp/none.json"
document '{"users":{"60001":"observe"}}' >"$tmp/less.json"
export SOCK=$sock TMP=$tmp
"$python" - <<'PY' || fail "levels by the document"
import grp, os, pwd
from control_client import Client, Closed, ControlError
from control_levels import as_user

path, tmp = os.environ["SOCK"], os.environ["TMP"]

def text(name):
    with open(f"{tmp}/{name}") as f:
        return f.read()

def is_level(wanted, **hello):
    def action():
        client = Client(path, greet=False)
        assert client.call("hello", protocol=1, **hello)[0]["level"] == wanted
        assert client.call("status")[0]["level"] == wanted
    return action

def refused(code, method, **params):
    def action():
        try:
            client = Client(path, greet=method != "hello")
            client.call(method, **params)
        except ControlError as error:
            assert error.code == code, (error.code, str(error))
            return
        raise AssertionError(f"{method} was not refused")
    return action

as_user(60001, [], is_level("operate"))
as_user(60001, [60100], is_level("operate"))
as_user(60002, [60100], is_level("observe"))
as_user(60002, [60100, 60101], is_level("operate"))
nobody, daemon = pwd.getpwnam("nobody").pw_uid, grp.getgrnam("daemon").gr_gid
as_user(nobody, [], is_level("observe"))
as_user(nobody, [daemon], is_level("observe"))
as_user(60003, [daemon], is_level("operate"))
as_user(60003, [], refused("denied", "hello", protocol=1))
as_user(60004, [60101], refused("denied", "hello", protocol=1))
as_user(0, [], is_level("admin"))

# Down, never up.
as_user(0, [], is_level("observe", level="observe"))
as_user(60001, [], is_level("observe", level="observe"))
as_user(60001, [], refused("denied", "hello", protocol=1, level="admin"))
as_user(60001, [], refused("invalid", "hello", protocol=1, level="none"))

def stays_down():
    client = Client(path, greet=False)
    client.call("hello", protocol=1, level="observe")
    assert client.call("hello", protocol=1)[0]["level"] == "observe"
    try:
        client.call("config.reload")
    except ControlError as error:
        assert error.code == "denied", error.code
        return
    raise AssertionError("what needs operate went through")
as_user(0, [], stays_down)

# Who may do what is the administrator's to say.
for name in "none", "less":
    as_user(60001, [], refused("denied", "config.apply", document=text(f"{name}.json"), dry_run=True))

# Those who are connected have what the new document gives them.
def loses():
    mine = Client(path)
    assert mine.facts["level"] == "operate"
    os.write(ready, b".")
    os.read(go, 1)
    assert mine.call("status")[0]["level"] == "observe"
    os.write(ready, b".")
    os.read(go, 1)
    try:
        mine.call("status")
    except (Closed, OSError):
        return
    raise AssertionError("a user without a level was answered")

def admin(steps):
    for name in steps:
        os.read(heard, 1)
        Client(path).call("config.apply", document=text(f"{name}.json"))
        os.write(said, b".")

heard, ready = os.pipe()
go, said = os.pipe()
if os.fork() == 0:
    status = 1
    try:
        admin(["less", "none"])
        status = 0
    finally:
        os._exit(status)
as_user(60001, [], loses)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
PY
same 660 "$(stat -c %a "$sock")" "mode of the socket without users of its own"
same 750 "$(stat -c %a "$tmp/run")" "mode of its folder then"

# pointsctl goes down, too.
same observe "$(ctl --level observe -j status | "$python" -c 'import json, sys; print(json.load(sys.stdin)["level"])')" "--level"
ctl --level observe route rm '#1' 2>"$tmp/err" && fail "route rm at the level observe"
grep -q 'needs the level operate, yours is observe' "$tmp/err" || fail "the refusal: $(cat "$tmp/err")"
ctl --level root status 2>"$tmp/err" && fail "no such level"
grep -q "not 'root'" "$tmp/err" || fail "the wrong level: $(cat "$tmp/err")"

# What is wrong in the document.
refuse() { # CONTROL-JSON MESSAGE
    document "$1" >"$tmp/bad.json"
    "$pointsmand" validate --config "$tmp/bad.json" >"$tmp/out" 2>&1 && fail "$1 is valid"
    grep -qF -- "$2" "$tmp/out" || fail "$1: $(cat "$tmp/out")"
}
refuse '{"users":{"no-such-user":"admin"}}' 'control.users.no-such-user: there is no such user'
refuse '{"groups":{"no-such-group":"admin"}}' 'control.groups.no-such-group: there is no such group'
refuse '{"users":{"0":"root"}}' "control.users.0: 'root' is no level; they are none, observe, operate, admin"
refuse '{"user":{}}' "control: unknown field 'user', did you mean 'users'?"
