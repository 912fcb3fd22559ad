#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# log level: of one subsystem and of all, for good and for a time, one time within another; and who
# may silence the lines that say who has changed what.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port)
simple_server "$LISTEN" '[{"handler":"close"}]' | config
daemon

visit() {
    "$python" -c "
from peers import *
s = connect($LISTEN)
expect_end(s)"
}
lines() { # PATTERN: how many
    grep -cE "$1" "$tmp/pointsmand.log"
}
level_is() { # SUBSYSTEM LEVEL [THEN]
    code 0 -j log ls
    json "[(i['level'], i['then'], i['left'] is None) for i in out['items'] if i['subsystem'] == '$1'] == [('$2', $(
        [ -n "${3:-}" ] && echo "'$3', False" || echo None, True))]"
}
is_back() {
    ctl -j log ls | grep -q '"subsystem":"access","level":"info","then":null'
}

level_is access info
visit
wait_log pointsmand 'access: connection id='
code 0 log level access warn
[ -s "$tmp/out" ] && fail "something on standard output"
level_is access warn
level_is core info
before=$(lines 'access: ')
visit
wait_until 20 "its end" no_connections
code 0 -j log level access info
same "$before" "$(lines 'access: ')" "the lines while they were not wanted"
visit
wait_until 20 "a line" eval '[ "$(lines "access: ")" = $((before + 1)) ]'

# --- for a time --------------------------------------------------------------------------------
code 0 log level --for 1h access error
level_is access error info
code 0 log level access debug --for 1s
wait_until 20 "the return" is_back
wait_log pointsmand 'log: the level of access is info again'
code 0 log level access error --for 1h
code 0 log level access warn
level_is access warn
code 0 log level --for 1h debug
for subsystem in access admin core tls; do
    level_is $subsystem debug "$([ $subsystem = access ] && echo warn || echo info)"
done
wait_log pointsmand 'control: log.level uid=[0-9]+ .* result=done'
code 0 log ls
says '^SUBSYSTEM +LEVEL +THEN +LEFT'
says '^access +debug +warn +(1h|59m)'
at80 log ls
code 0 -o name log ls
says '^tls$'

# --- refusals ----------------------------------------------------------------------------------
refused 7 'level: must be debug, info, warn or error' log level warn acess
refused 5 "no subsystem 'acess'" log level acess warn
refused 2 'takes a duration' log level access warn --for soon
refused 2 'usage: pointsctl log level' log level access warn now
