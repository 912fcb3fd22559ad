#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Routes of an HTTP server's listener wrapper: listed, named and changed as any, what is refused,
# whose connections they have, and that the server around them does not notice.
. "$(dirname "$0")/ctl_lib.sh"

WEB=$(free_port) TWO=$(free_port) MAIN=$(free_port) A=$(free_port)
export WEB TWO MAIN A
config <<JSON
{"apps": {
  "layer4": {"servers": {"main": {"listen": ["127.0.0.1:$MAIN"], "routes": [
    {"@id": "main", "handle": [{"handler": "echo"}]}]}}},
  "http": {"servers": {
    "web": {"listen": ["127.0.0.1:$WEB"], "automatic_https": {"disable": true},
      "listener_wrappers": [{"wrapper": "layer4", "routes": [
        {"@id": "ssh", "match": [{"ssh": {}}], "handle": [{"handler": "echo"}]},
        {"match": [{"xmpp": {}}], "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$A"]}]}]}]}],
      "routes": [{"handle": [{"handler": "static_response", "body": "site"}]}]},
    "two": {"listen": ["127.0.0.1:$TWO"], "automatic_https": {"disable": true},
      "listener_wrappers": [{"wrapper": "layer4"}, {"wrapper": "layer4", "routes": [{"@id": "second"}]}]},
    "bare": {}}}}}
JSON
daemon

routes() { # the names in order
    ctl -o name route ls | tr '\n' ' '
}

# --- ls, show, test -----------------------------------------------------------------------------
code 0 -j route ls
json '[(i["server"], i["wrapper"], i["index"]) for i in out["items"]] == [("main", None, 0),
    ("http/two", "two/layer4[1]", 0), ("http/two", None, 0),
    ("http/web", "web/layer4[0]", 0), ("http/web", "web/layer4[0]", 1), ("http/web", None, 0)]'
xmpp=$(value 'out["items"][4]["handle"]')
two=$(value 'out["items"][2]["handle"]')
web=$(value 'out["items"][5]["handle"]')
code 0 route ls
says '^#[0-9]+ +ssh +http/web +web/layer4\[0\] +ssh +echo'
at80 route ls
code 0 -j server show http/web
json 'out["routes"] == 3'
code 0 -j route show ssh
shape '{rev:int name:text handle:text id:text server:text wrapper:text label:text handlers:text disabled:bool hits:int active:int route:{@id:text match:[{ssh:{}}] handle:[{handler:text}]}}'
code 0 route show ssh
says '^wrapper +web/layer4\[0\]$'
code 0 -j upstream ls
json "[(u['server'], u['proxy'], u['dial']) for u in out['items']] == [('http/web', '$xmpp', ['127.0.0.1:$A'])]"
code 0 -j upstream show "$xmpp" "127.0.0.1:$A"
json 'out["server"] == "http/web"'
printf 'SSH-2.0-x\r\n' >"$tmp/in"
code 0 -j route test --listener "127.0.0.1:$WEB" --bytes -
json 'out["decision"] == "handled" and out["route"] == "ssh" and out["handlers"] == ["layer4", "echo"]'
json "[(i['route'], i['depth'], i['verdict']) for i in out['items']] == [('$web', 0, 'yes'), ('ssh', 1, 'yes')]"
printf 'GET / HTTP/1.1\r\n\r\n' >"$tmp/in"
code 0 -j route test --listener "127.0.0.1:$WEB" --bytes -
json "out['decision'] == 'handled' and out['route'] == '$web' and out['handlers'] == ['layer4', 'http']"

# --- every verb ---------------------------------------------------------------------------------
echo '{"match":[{"ssh":{}}],"handle":[{"handler":"close"}]}' >"$tmp/r.json"
code 0 -jn route add --wrapper web "$tmp/r.json"
json 'out["changes"][0]["path"] == "apps.http.servers.web.listener_wrappers[0].routes[2]"'
code 0 -j route add --wrapper web "$tmp/r.json"
shape '{rev:int revision:int connections:[int] names:[text]}'
last=$(value 'out["names"][0]')
code 0 -o name route add --wrapper http/web --first "$tmp/r.json"
first=$(cat "$tmp/out")
code 0 -o name route add --wrapper 'web/layer4[0]' --before "$xmpp" "$tmp/r.json"
before=$(cat "$tmp/out")
code 0 -o name route add --server http/web --after "$xmpp" "$tmp/r.json"
after=$(cat "$tmp/out")
same "main second $two $first ssh $before $xmpp $after $last $web " "$(routes)" "routes added"
code 0 route rm "$first" "$before" "$after"
printf '@x tls sni a.example\nroute @x {\n  id tls\n  subroute {\n    route {\n      id deep\n      echo\n    }\n  }\n}\n' >"$tmp/in"
code 0 route add --wrapper 'two/layer4[0]'
code 0 -j route show tls
json 'out["wrapper"] == "two/layer4[0]"'
code 0 -j route show deep
json 'out["wrapper"] == "two/layer4[0]" and out["server"] == "http/two" and out["handle"] is None'
echo '{"@id":"deeper"}' >"$tmp/in"
code 0 route add --wrapper 'two/layer4[0]' --in tls --first
code 0 -j route show tls
json '[r["@id"] for r in out["route"]["handle"][0]["routes"]] == ["deeper", "deep"]'
same "main tls second $two ssh $xmpp $last $web " "$(routes)" "routes of two wrappers"

code 0 route mv ssh --last
code 0 route mv "$last" --before "$xmpp"
same "main tls second $two $last $xmpp ssh $web " "$(routes)" "routes moved"
code 0 route set "$last" @id=closed 'match=[{"xmpp":{}}]'
says '^route closed changed$'
code 0 route replace closed "$tmp/r.json"
code 0 -j route show closed
json "out['handle'] == '$last' and out['label'] == 'ssh'"
code 0 route disable closed "$xmpp"
code 0 -j route ls
json "{i['name'] for i in out['items'] if i['disabled']} == {'closed', '$xmpp'}"
code 0 route enable closed "$xmpp"
code 0 upstream add "$xmpp" 127.0.0.1:2 weight=3
refused 6 'have different options' upstream swap "$xmpp" "127.0.0.1:$A"
code 0 upstream rm "$xmpp" 127.0.0.1:2
code 0 route rm closed tls

# --- what is refused ----------------------------------------------------------------------------
add() { # CODE PATTERN OPTION…
    local want=$1 pattern=$2
    shift 2
    refused "$want" "$pattern" route add "$@" "$tmp/r.json"
}
add 5 "no HTTP server 'wbe', did you mean 'web'" --wrapper wbe
add 5 "no HTTP server 'main'" --wrapper main
add 5 "has 1 listener wrappers 'layer4', so there is no 'web/layer4\[1\]'" --wrapper 'web/layer4[1]'
add 6 'name one: two/layer4\[0\] to two/layer4\[1\]' --wrapper two
add 7 "'web/layer4\[x\]' is not SERVER or SERVER/layer4\[NUMBER\]" --wrapper 'web/layer4[x]'
add 7 "has no listener wrapper 'layer4'" --wrapper bare
add 7 'not both' --wrapper web --server main
add 7 "the routes of 'http/web' are those of HTTP" --server http/web
add 7 "'main' is not in the wrapper 'web' but in 'main'" --wrapper web --before main
add 7 "'ssh' is not in server 'main' but in 'http/web/layer4\[0\]'" --server main --before ssh
add 7 "'second' is not in the wrapper 'two/layer4\[0\]'" --wrapper 'two/layer4[0]' --after second
refused 2 '--wrapper is not for route rm' route rm ssh --wrapper web
refused 7 'not in the same list' route mv ssh --before second
refused 7 "stands for the whole of 'http/web'" route disable "$web"
echo '{"@id":"main"}' >"$tmp/in"
refused 6 "'main' is there already" route add --wrapper web
echo '{"@id":"ssh"}' >"$tmp/in"
refused 6 "'ssh' is there already" route add --server main
echo '{"handle":[{"handler":"proxy","upstreams":[{"dial":["udp/127.0.0.1:53"]}]}]}' >"$tmp/in"
refused 7 'dial\[0\]: takes datagrams' route add --wrapper web
echo '{"match":[{"shs":{}}]}' >"$tmp/in"
refused 7 "apps.http.servers.web.listener_wrappers\[0\].routes\[2\].match\[0\].*did you mean" route add --wrapper web

# --- connections --------------------------------------------------------------------------------
"$python" - "$pointsctl" "$sock" <<'PY' || fail "connections"
import functools, sys
from peers import *

run = functools.partial(ctl, *sys.argv[1:3])

def alive(s, what=b"x"):
    s.sendall(what)
    expect(s, what)

def ssh():
    s = connect(port("WEB"))
    alive(s, b"SSH-2.0-x\r\n")
    return s

def site(s):
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    got = b""
    while not got.endswith(b"\r\n\r\nsite"):
        more = s.recv(1000)
        assert more, got
        got += more

def conns():
    return run("conn", "ls")["items"]

browser = connect(port("WEB"))
site(browser)
one, two = ssh(), ssh()
assert run("route", "show", "ssh")["active"] == 2
assert sorted(c["route"] for c in conns())[1:] == ["ssh", "ssh"], conns()
assert all(c["server"] == "http/web" for c in conns())
# Kept, drained, killed; the browser's connection is none of these.
assert run("route", "set", "ssh", "match=[{\"ssh\":{}}]", "handle=[{\"handler\":\"echo\"}]")["connections"] == [2, 2]
alive(one), alive(two)
assert run("route", "set", "ssh", "match=null", "--existing", "drain=500ms")["connections"] == [2]
alive(one)
expect_closed(one), expect_closed(two)
run("route", "set", "ssh", "match=[{\"ssh\":{}}]")
three = ssh()
assert run("-n", "route", "rm", "ssh")["existing"] == {"keep": 0, "drain": 1, "kill": 1}
assert run("route", "disable", "ssh", "--existing", "kill")["connections"] == [1]
expect_closed(three)
run("route", "enable", "ssh")
site(browser)
# Who is still being matched in the wrapper takes a route that is gone, and is ended then.
late = connect(port("WEB"))
late.sendall(b"SS")
within(10, "the connection", lambda: any(c["state"] == "matching" for c in conns()))
run("route", "disable", "ssh", "--existing", "kill")
late.sendall(b"H-2.0-x\r\n")
try:
    expect(late, b"SSH-2.0-x\r\n")
except (ConnectionError, AssertionError):
    pass  # it was ended before it was answered
expect_closed(late)
run("route", "enable", "ssh")
# A route that passes on gives its connections to the server again.
run("route", "add", "--wrapper", "web", "--first", text='{"@id": "vars", "handle": [{"handler": "vars", "a": "b"}]}')
site(browser)
passing = connect(port("WEB"))
site(passing)
assert run("route", "show", "vars")["hits"] == 1
assert "vars" not in [c["route"] for c in conns()], conns()
assert run("route", "rm", "vars", "--existing", "kill")["connections"] == [0]
site(passing), site(browser)
# All that a server has come to is the server's.
four = ssh()
assert run("-n", "server", "rm", "http/web")["existing"]["kill"] == 3
PY

# --- over reloads and restarts ------------------------------------------------------------------
code 0 -j route show ssh
handle=$(value 'out["handle"]')
code 0 -o name route add --wrapper web "$tmp/r.json"
saved=$(cat "$tmp/out")
code 0 config save
code 0 config reload
code 0 -j route show ssh
json "out['handle'] == '$handle' and out['hits'] > 0"
same "main second $two $xmpp ssh $saved $web " "$(routes)" "routes after a reload"
stop pointsmand QUIT
daemon
same "main second $two $xmpp ssh $saved $web " "$(routes)" "routes after a restart"
code 0 -j route show "$saved"
json 'out["wrapper"] == "web/layer4[0]" and out["label"] == "ssh"'
