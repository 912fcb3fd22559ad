#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Words that pointsctl takes, mistyped: it says which there are, and the nearest; limits are said in
# the option's words, and what to do in those of the command line.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [{"@id": "web",
    "handle": [{"handler": "proxy", "upstreams": [{"@id": "one", "dial": ["127.0.0.1:1"]}]}]}]}}}}}
JSON
daemon

# near CODE TEXT HINT COMMAND…: the text, as it is; and with -j the hint.
near() {
    local want=$1 text=$2 hint=$3
    shift 3
    refused "$want" '' "$@"
    same "pointsctl: $text" "$(cat "$tmp/err")" "what is said of: $*"
    code "$want" -j "$@"
    "$python" - "$tmp/err" "$hint" <<'PY' || fail "not the hint '$hint': $(cat "$tmp/err")"
import json, sys
sys.exit(json.load(open(sys.argv[1])).get("hint", "") != sys.argv[2])
PY
}

# --- words --------------------------------------------------------------------------------------
near 7 "types: no type of events 'con.close', did you mean 'conn.close'?" conn.close monitor con.close
near 7 "types: no type of events 'xyz'; they begin with conn, config, listener, upstream, cert or event" '' \
    monitor xyz
near 7 "kind: must be daemon, listener, server, route or upstream, not 'routes', did you mean 'route'?" '' \
    stats routes
near 7 "level: must be debug, info, warn, error or default, not 'dbug', did you mean 'debug'?" '' log level dbug
near 5 "subsystem: no subsystem 'cor', did you mean 'core'?" core log level cor debug
near 7 "state: must be auto, up or down, not 'don', did you mean 'down'?" '' upstream health web one don
near 7 "filter: column 1: no such field: 'lisener', did you mean 'listener'?" '' trace 'lisener==x'
near 2 "completion is for bash, fish or zsh, not 'bsh', did you mean 'bash'?" bash completion bsh
near 2 "top shows listener, route or upstream, not 'rout', did you mean 'route'?" route top rout
near 2 "acme challenge takes add or del, not 'dell', did you mean 'del'?" del acme challenge dell http-01 x
near 2 "config diff compares REVISION, file or saved, not 'svaed', did you mean 'saved'?" saved config diff svaed
near 2 "a reason is unspecified, keyCompromise, affiliationChanged, superseded or cessationOfOperation, not \
'superceded', did you mean 'superseded'?" superseded cert revoke x superceded
near 7 "apps.layer4.servers.main.routes[0]: unknown field 'mtch', did you mean 'match'?" '' route set web mtch=1
near 7 "apps.layer4.servers.main.routes[0].handle[0].upstreams[0]: unknown field 'weigt', did you mean 'weight'?" '' \
    upstream set web one weigt=2
near 7 "ides: conn.kill has no such parameter, did you mean 'ids'?" ids call conn.kill ides=1

# --- values of options --------------------------------------------------------------------------
near 2 "--existing takes keep, drain, drain=T or kill, not 'kil', did you mean 'kill'?" kill --existing kil route rm web
near 2 "--level takes observe, operate or admin, not 'operat', did you mean 'operate'?" operate --level operat status
near 2 "--state takes live, ended or silent, not 'liv', did you mean 'live'?" live \
    route test --listener ":$LISTEN" --state liv
refused 2 "^pointsctl: -o takes text, wide, json, jsonl or name, not 'jsn', did you mean 'json'\?$" -o jsn status
refused 2 "^pointsctl: -o takes text, wide, json, jsonl or name, not ''$" -o '' status
near 2 "--confirm: at most 24h" '' route rm web --confirm 100d
near 2 "--for: at most 24h" '' trace --for 25h
near 2 "--for: at most 7d" '' log level debug --for 8d
near 2 "--drain: at most 365d" '' daemon stop --drain 9000h
code 0 route rm web -n --confirm 24h

# Who speaks the protocol itself hears as much.
near 7 "state: must be auto, up or down, not 'don', did you mean 'down'?" '' \
    call upstream.health proxy=web id=one state=don
near 7 "state: must be live, ended or silent, not 'liv', did you mean 'live'?" '' \
    call route.test listener="127.0.0.1:$LISTEN" state=liv
near 7 "level: must be observe, operate or admin, not 'operat', did you mean 'operate'?" '' \
    call hello protocol=1 level=operat

# --- what to do ---------------------------------------------------------------------------------
refused 5 "'pointsctl listener ls' lists what there is" route test --listener 127.0.0.1:1
refused 5 "'pointsctl config history' lists those that are" config rollback 4711
refused 5 "'pointsctl log ls' lists them" log level nonesuch debug
