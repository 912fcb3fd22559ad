#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What -o name prints is what the verbs of an object take: each is given back to them, in loops as
# people write them, also upstreams of any proxy handler and routes inside others.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port) MORE=$(free_port)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=names.example \
    -addext subjectAltName=DNS:names.example -keyout "$tmp/cert.key" -out "$tmp/cert.pem" 2>/dev/null ||
    fail "openssl req"
config <<JSON
{"apps": {"layer4": {"servers": {
  "main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "web", "match": [{"tls": {}}], "handle": [{"handler": "proxy", "upstreams": [
      {"@id": "one", "dial": ["127.0.0.1:1"]}, {"dial": ["127.0.0.1:2", "127.0.0.1:3"]}]}]},
    {"match": [{"ssh": {}}], "handle": [{"handler": "subroute", "routes": [
      {"@id": "deep", "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:4"]}]}]},
      {"match": [{"remote_ip": {"ranges": ["10.0.0.0/8"]}}], "handle": [
        {"handler": "subroute", "routes": [{"handle": [{"handler": "close"}]}]},
        {"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:5"]}]}]}]}]},
    {"handle": [{"handler": "echo"}]}]},
  "other": {"listen": ["127.0.0.1:$MORE"], "routes": [{"handle": [
    {"handler": "tls", "connection_policies": [{}]}, {"handler": "echo"}]}]}}},
  "tls": {"certificates": {"load_files": [{"certificate": "$tmp/cert.pem", "key": "$tmp/cert.key"}]}}}}
JSON
daemon

names() { # OBJECT
    ctl -o name "$1" ls
}

# --- upstreams ----------------------------------------------------------------------------------
second=$(names route | sed -n 2p)
same "web one
web 127.0.0.1:2
$second/proxy[0] 127.0.0.1:4
$second/proxy[1] 127.0.0.1:5" "$(names upstream)" "the names of upstreams"
names upstream | while read -r route id; do
    ctl upstream drain "$route" "$id" >>"$tmp/drained" </dev/null || exit
done
same 4 "$(grep -c ' draining$' "$tmp/drained")" "drained: $(cat "$tmp/drained")"
code 0 -j upstream ls
json '{i["admin"] for i in out["items"]} == {"disabled"}'
for verb in enable disable enable show; do
    names upstream | while read -r route id; do
        same "$route $id" "$(ctl -o name upstream $verb "$route" "$id" </dev/null)" "upstream $verb -o name"
    done
done
names upstream | while read -r route id; do
    same "$route $id" "$(ctl -o name upstream set "$route" "$id" weight=2 </dev/null)" "upstream set -o name"
    same "$route $id" "$(ctl -o name upstream health "$route" "$id" auto </dev/null)" "upstream health -o name"
    echo "$route $id" >>"$tmp/seen"
done
same 4 "$(wc -l <"$tmp/seen")" "upstreams that were gone through"
same "deep 127.0.0.1:7
deep 127.0.0.1:8" "$(ctl -o name upstream swap deep 127.0.0.1:7 127.0.0.1:8)" "upstream swap -o name"
ctl -o name upstream add web 127.0.0.1:9 | while read -r route id; do
    ctl upstream rm "$route" "$id" >/dev/null </dev/null || fail "rm of what add has printed"
done

# --- routes -------------------------------------------------------------------------------------
names route | while read -r id; do
    same "$id" "$(ctl -o name route show "$id" </dev/null)" "route show -o name"
    same "$id" "$(ctl -o name route disable "$id" </dev/null)" "route disable -o name"
    same "$id" "$(ctl -o name route enable "$id" </dev/null)" "route enable -o name"
done
# Inside another one: the numbers count all that are in it, from the outside in.
code 0 -j route show "$second/route[0]"
json 'out["id"] == "deep" and out["handle"] is None'
code 0 -j route show "$second/route[1]"
json "out['name'] == '$second/route[1]' and out['label'] == 'remote_ip' and out['server'] == 'main'"
code 0 -j route show "$second/route[2]"
json 'out["handlers"] == "close"'
refused 5 "no route '$second/route\[3\]'" route show "$second/route[3]"
refused 5 "no route 'web/route\[0\]'" route show 'web/route[0]'
refused 5 "no route 'web/route\[x\]'" route show 'web/route[x]'
same "$second/route[2]" "$(ctl -o name route set "$second/route[2]" 'match=[{"ssh":{}}]')" "route set of one inside"
inside=$(ctl -o name route add --in "$second" --first <<<'{"handle": [{"handler": "close"}]}')
same "$second/route[0]" "$inside" "what route add has printed"
code 0 -j route show "$inside"
json 'out["handlers"] == "close"'
code 0 upstream ls -o name
says "^$(sed 's/#/\\#/' <<<"$second")/proxy\[0\] 127.0.0.1:7$"
same "$second/route[1]" "$(ctl -o name route mv "$inside" --after deep)" "route mv of one inside"
code 0 route rm "$second/route[1]"
says "^route $second/route\[1\] removed$"
code 0 -j route show "$second/route[1]"
json 'out["label"] == "remote_ip"'
same "$second/route[1]" "$(ctl -o name route disable "$second/route[1]")" "route disable of one inside"
code 0 -e route enable "$second/route[1]"
says '^match +remote_ip$'

# --- everything else ----------------------------------------------------------------------------
names listener | while read -r address; do
    for verb in pause resume show; do
        same "$address" "$(ctl -o name listener $verb "$address" </dev/null)" "listener $verb -o name"
    done
done
names server | while read -r name; do
    same "$name" "$(ctl -o name server show "$name" </dev/null)" "server show -o name"
done
names cert | while read -r name; do
    same "$name" "$(ctl -o name cert show "$name" </dev/null)" "cert show -o name"
done
exec 5<>/dev/tcp/127.0.0.1/$MORE
wait_until 10 "the connection" eval '[ -n "$(names conn)" ]'
names conn | while read -r id; do
    same "$id" "$(ctl -o name conn show "$id" </dev/null)" "conn show -o name"
    ctl conn kill "$id" >/dev/null </dev/null || fail "conn kill $id"
done
names log | while read -r subsystem; do
    ctl log level "$subsystem" warn </dev/null || fail "log level $subsystem"
done
[ "$(names log | wc -l)" -gt 5 ] || fail "no subsystems"
ctl -o name config history | while read -r revision; do
    ctl config rollback -n "$revision" >/dev/null </dev/null || fail "config rollback $revision"
done
same "names.example" "$(names cert)" "the certificate"
same 2 "$(names listener | wc -l)" "listeners"
same 2 "$(names server | wc -l)" "servers"
