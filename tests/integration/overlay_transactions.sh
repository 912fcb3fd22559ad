#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 1,000 random transactions, some of them saved, under 200 connections a second: no connection that
# has a route fails, and after each the document is what a model says. Of two writers with if_rev
# exactly one wins. What is saved at the end is there after a kill.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) OTHER=$(free_port) ECHO=$(free_port) ECHO2=$(free_port)
export LISTEN OTHER ECHO ECHO2 sock tmp
config <<EOF2
{"apps":{"layer4":{"servers":{
  "main":{"listen":["127.0.0.1:$LISTEN","127.0.0.1:$OTHER"],"routes":[
    {"@id":"all","handle":[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:$ECHO"]}]}]}]},
  "back":{"listen":["127.0.0.1:$ECHO","127.0.0.1:$ECHO2"],"routes":[{"handle":[{"handler":"echo"}]}]}}}}}
EOF2
daemon
"$python" "$here/overlay_transactions.py" || fail "transactions under load"

# All of it survives, however the daemon ends.
stop pointsmand KILL
daemon
ctl config show >"$tmp/have.json" || fail "config show after the restart"
"$python" -c 'import json, sys; a, b = map(lambda f: json.load(open(f)), sys.argv[1:]); assert a == b, a' \
    "$tmp/have.json" "$tmp/want.json" || fail "another document after the restart"
