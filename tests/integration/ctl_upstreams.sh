#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl upstream: every verb, what it refuses, exit codes, JSON shapes, what becomes of traffic.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port) A=$(free_port) B=$(free_port)
export LISTEN A B
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
  {"@id": "many", "match": [{"tls": {"sni": ["many.example"]}}], "handle": [
    {"handler": "subroute", "routes": [
      {"@id": "deep", "match": [{"remote_ip": {"ranges": ["10.0.0.0/8"]}}],
       "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:1"]}]}]}]},
    {"handler": "proxy", "upstreams": [{"@id": "two", "dial": ["127.0.0.1:2"], "weight": 3},
      {"dial": ["127.0.0.1:3", "127.0.0.1:4"]}]}]},
  {"@id": "none", "match": [{"ssh": {}}], "handle": [{"handler": "echo"}]},
  {"@id": "live", "handle": [{"handler": "proxy", "upstreams": [
    {"dial": ["127.0.0.1:$A"], "max_connections": 10}]}]}
]}}}}}
JSON
daemon

# --- ls and show --------------------------------------------------------------------------------
item='name:text id:nil dial:[text] peers:[text] route:text proxy:text server:text weight:int max_connections:int admin:text health:text forced:text effective:text connections:int dials:int failures:int'
code 0 -j upstream ls
shape "{rev:int items:[{$item}|{${item/id:nil/id:text}}]}"
json '[(i["proxy"], i["name"]) for i in out["items"]][:3] ==
    [("many/proxy[0]", "127.0.0.1:1"), ("many/proxy[1]", "two"), ("many/proxy[1]", "127.0.0.1:3")]'
json 'out["items"][1]["weight"] == 3 and out["items"][3]["max_connections"] == 10'
code 0 upstream ls
says '^PROXY +UPSTREAM +DIAL +SERVER +WEIGHT +MAX +STATE +OPEN +DIALS +FAILURES$'
at80 upstream ls
code 0 -o name upstream ls
same "many/proxy[0] 127.0.0.1:1 many/proxy[1] two many/proxy[1] 127.0.0.1:3 live 127.0.0.1:$A" "$(xargs <"$tmp/out")" \
    "upstream ls -o name"
code 0 -j upstream show 'many/proxy[1]' two
shape "{rev:int ${item/id:nil/id:text}}"
code 0 -j upstream show 'many/proxy[1]' 127.0.0.1:2
json 'out["name"] == "two"'
code 0 -j upstream show deep 127.0.0.1:1
json 'out["route"] == "deep" and out["server"] == "main"'
code 0 upstream show live "127.0.0.1:$A"
says '^max connections +10$'
at80 upstream show live "127.0.0.1:$A"
refused 6 'has 2 proxy handlers; name one: many/proxy\[0\] to many/proxy\[1\]' upstream show many two
refused 5 "no 'many/proxy\[2\]'" upstream show 'many/proxy[2]' two
refused 7 'is not ROUTE or ROUTE/proxy' upstream show 'many/proxy[x]' two
refused 5 "route 'none' has no proxy handler$" upstream show none x
refused 5 "has no upstream 'x'" upstream show live x
refused 5 "no route 'x'" upstream show x y
refused 2 usage upstream show live

# --- add, set, rm -------------------------------------------------------------------------------
code 0 -n upstream add 'many/proxy[1]' 127.0.0.1:5 weight=2
says '^upstream 127.0.0.1:5 would be added'
at80 -n upstream add 'many/proxy[1]' 127.0.0.1:5 weight=2
code 0 -j upstream add 'many/proxy[1]' 127.0.0.1:5 weight=2 @id=five
shape '{rev:int revision:int connections:[int] names:[nil]}'
code 0 -j upstream show 'many/proxy[1]' five
json 'out["weight"] == 2 and out["dial"] == ["127.0.0.1:5"]'
code 0 -o name upstream add 'many/proxy[0]' 127.0.0.1:6
same "many/proxy[0] 127.0.0.1:6" "$(cat "$tmp/out")" "upstream add -o name"
refused 6 "has an upstream '127.0.0.1:6' already" upstream add 'many/proxy[0]' 127.0.0.1:6
refused 7 "unknown field 'wieght', did you mean 'weight'" upstream add live 127.0.0.1:9 wieght=1
refused 7 'dial' upstream add live 'nonsense:::'
refused 2 'key=value' upstream add live 127.0.0.1:9 weight
refused 2 usage upstream add live
refused 5 "no route 'x'" upstream add x 127.0.0.1:9
refused 2 '--existing is not for upstream add' upstream add live 127.0.0.1:9 --existing kill

code 0 upstream set 'many/proxy[1]' five weight=7 max_connections=4
says '^upstream five changed$'
code 0 -j upstream show 'many/proxy[1]' five
json 'out["weight"] == 7 and out["max_connections"] == 4'
code 0 upstream set 'many/proxy[1]' five max_connections=null
code 0 -j upstream show 'many/proxy[1]' five
json 'out["max_connections"] == 0'
refused 7 'weight' upstream set 'many/proxy[1]' five weight=-1
refused 5 "has no upstream 'six'" upstream set 'many/proxy[1]' six weight=1
refused 2 usage upstream set live x

code 0 upstream rm 'many/proxy[1]' five 127.0.0.1:3
code 0 -o name upstream ls
same "127.0.0.1:1 127.0.0.1:6 two 127.0.0.1:$A" "$(cut -d" " -f2 "$tmp/out" | xargs)" "after upstream rm"
refused 5 "operations\[1\]: 'many/proxy\[0\]' has no upstream 'x'" upstream rm 'many/proxy[0]' 127.0.0.1:6 x
refused 7 'upstreams' upstream rm 'many/proxy[1]' two
refused 2 "--existing takes" upstream rm live x --existing maim

# --- swap ---------------------------------------------------------------------------------------
code 0 upstream swap 'many/proxy[0]' 127.0.0.1:7 127.0.0.1:8
says '^upstreams of many/proxy\[0\] replaced$'
code 0 -o name upstream ls
same "127.0.0.1:7 127.0.0.1:8 two 127.0.0.1:$A" "$(cut -d" " -f2 "$tmp/out" | xargs)" "after upstream swap"
code 0 upstream add 'many/proxy[0]' 127.0.0.1:9 weight=5
refused 6 'different options' upstream swap 'many/proxy[0]' 127.0.0.1:10
refused 2 usage upstream swap live
refused 7 'dial' upstream swap live 'nonsense:::'
# What the old ones agree on stays.
code 0 upstream swap 'many/proxy[1]' 127.0.0.1:11
code 0 -j upstream show 'many/proxy[1]' 127.0.0.1:11
json 'out["weight"] == 3 and out["id"] is None'

# --- traffic ------------------------------------------------------------------------------------
cat >"$tmp/traffic.py" <<'PY'
from peers import *
import subprocess

a, b = Backend(port("A")), Backend(port("B"))
ctl = [os.environ["CTL"], "-s", os.environ["SOCK"], "-j"]

def run(*args):
    done = subprocess.run(ctl + list(args), capture_output=True, timeout=TIMEOUT)
    assert done.returncode == 0, done
    return __import__("json").loads(done.stdout)

def through(backend):
    client = connect(port("LISTEN"))
    client.sendall(b"x")
    server = backend.accept()
    expect(server, b"x")
    return client, server

def alive(pair):
    pair[0].sendall(b"y")
    expect(pair[1], b"y")

def ended(pair):
    for s in pair:
        expect_closed(s)

A, B = (f"127.0.0.1:{port(name)}" for name in "AB")
first = through(a)
item = run("upstream", "show", "live", A)
assert item["connections"] == 1 and item["dials"] >= 1, item
# Swapped: newcomers go to the new one, who was there stays.
dry = run("-n", "upstream", "swap", "live", B)
assert dry["connections"] == [1] and dry["existing"]["kill"] == 1, dry
assert run("upstream", "swap", "live", B)["connections"] == [1]
second = through(b)
alive(first)
assert run("upstream", "show", "live", B)["max_connections"] == 10
# Swapping to itself and more concerns no one who can stay where he is.
assert run("upstream", "swap", "live", B, A, "--existing", "kill")["connections"] == [0]
alive(first), alive(second)
# Removed with its connections, those of an earlier form of the route too; others stay.
assert run("upstream", "rm", "live", A, "--existing", "kill")["connections"] == [1]
ended(first)
alive(second)
assert run("upstream", "swap", "live", A, "--existing", "drain=500ms")["connections"] == [1]
third = through(a)
ended(second)
alive(third)
# A name is the same upstream under any spelling of its address.
assert run("upstream", "swap", "live", f"tcp/{A}", "--existing", "kill")["connections"] == [0]
alive(third)
PY
CTL=$pointsctl SOCK=$sock "$python" "$tmp/traffic.py" || fail "traffic"
