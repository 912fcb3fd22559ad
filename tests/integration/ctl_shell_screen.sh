#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl shell on a terminal of 80x24: what stands there after each key.
. "$(dirname "$0")/ctl_lib.sh"
. "$here/screen.bash"

LISTEN=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
  {"@id": "web", "match": [{"tls": {"sni": ["web.example"]}}],
   "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:1"]}, {"dial": ["127.0.0.1:2"]}]}]},
  {"@id": "the rest", "handle": [{"handler": "close"}]}]}}}}}
JSON
daemon

steady='s/^pointsctl [0-9.]+:/pointsctl VERSION:/; s/\(pid [0-9]+\) answers in .*/(pid N) answers/'

# line TEXT: typed, and carried out: what is typed while something runs the terminal shows otherwise
line() {
    text "$1"
    wait_until 20 "'$1' on the screen" typed "$1"
    keys Enter
    wait_until 20 "a prompt after '$1'" prompted
}
typed() {
    [[ $(look | tail -n 1) == *"$1" ]]
}
prompted() {
    [[ $(look | tail -n 1) =~ ^(pointsman(\[[0-9]+\])?)?\>$ ]]
}
# anew: an empty screen at the prompt
anew() {
    keys C-c C-l
    ends "${1:-pointsman>}"
}

# --- completion ---------------------------------------------------------------------------------
open shell
shows <<'SCREEN'
pointsctl VERSION: help says what there is, Ctrl-D leaves
pointsman>
SCREEN
text ro
keys Tab
text l
keys Tab Enter
shows <<'SCREEN'
pointsctl VERSION: help says what there is, Ctrl-D leaves
pointsman> route ls
HANDLE ID       SERVER WRAPPER MATCH HANDLERS DISABLED HITS ACTIVE
#1     web      main   -       tls   proxy    -           0      0
#2     the rest main   -       -     close    -           0      0
pointsman>
SCREEN
anew
text 'upstream rm w'
keys Tab Tab
ends 'pointsman> upstream rm web 127.0.0.1:'
keys Tab
shows <<'SCREEN'
pointsman> upstream rm web 127.0.0.1:
127.0.0.1:1  127.0.0.1:2
pointsman> upstream rm web 127.0.0.1:
SCREEN
anew
text 'route disable t'
keys Tab
ends "pointsman> route disable 'the rest'"
text '--dr'
keys Tab
ends "pointsman> route disable 'the rest' --dry-run"
anew
text 'route rm web --existing '
keys Tab
shows <<'SCREEN'
pointsman> route rm web --existing
keep   drain  kill
pointsman> route rm web --existing
SCREEN
text 'd'
keys Tab
ends 'pointsman> route rm web --existing drain'
anew
text 'config check ./conf'
keys Tab
ends 'pointsman> config check ./config.json'
keys Enter
ends 'pointsman>'
anew
text 'nothing such'
keys Tab
ends 'pointsman> nothing such'
anew
text b
keys Tab
shows <<'SCREEN'
pointsman> b
batch  begin
pointsman> b
SCREEN

# --- lines and their end ------------------------------------------------------------------------
anew
text 'route rm web' # and changes his mind
keys C-c
shows <<'SCREEN'
pointsman> route rm web
pointsman>
SCREEN
line "ping 'x"
keys C-c
line ping
shows <<'SCREEN'
pointsman> route rm web
pointsman> ping 'x
>
pointsman> ping
pointsmand 0.1.0 (pid N) answers
pointsman>
SCREEN
keys Up
ends 'pointsman> ping'
keys Up
ends "pointsman> ping 'x"
anew
line 'route mv web'
line 'rout ls'
shows <<'SCREEN'
pointsman> route mv web
pointsctl: say where to: --first, --last, --before ID or --after ID
pointsman> rout ls
pointsctl: no object 'rout', did you mean 'route'?
pointsman>
SCREEN
anew
text monitor
keys Enter
watched() {
    ctl upstream health web 127.0.0.1:1 down && ctl upstream health web 127.0.0.1:1 auto
    look | grep -q upstream.forced
} >/dev/null
wait_until 20 'an event' watched
keys C-c
ends 'pointsman>'
look | grep -qx '\^C' || fail "the screen is '$(look)'"

# --- a transaction ------------------------------------------------------------------------------
anew
line begin
line 'route mv web --last'
line 'route add --server main <<END'
line '{"@id": "new",'
line ' "handle": [{"handler": "close"},]}'
line END
line commit
shows <<'SCREEN'
pointsman> begin
pointsman[0]> route mv web --last
pointsman[1]> route add --server main <<END
> {"@id": "new",
>  "handle": [{"handler": "close"},]}
> END
pointsman[2]> commit
pointsctl: transaction:4:34: not JSON: unexpected token (JSON has no comments, a
nd no comma before '}' or ']')
pointsman[2]>
SCREEN
anew 'pointsman[2]>'
line list
line abort
shows <<'SCREEN'
pointsman[2]> list
   1  route mv web --last
   2  route add --server main <<END
   3  {"@id": "new",
   4   "handle": [{"handler": "close"},]}
   5  END
pointsman[2]> abort
pointsman>
SCREEN
anew
line begin
line 'route mv web --last'
line 'upstream set web 127.0.0.1:1 weight=2 oops' # not even a part of it
line 'route disable "the rest"'
line diff
text 'commit --comm'
keys Tab
text "'by hand'"
keys Enter
shows <<'SCREEN'
pointsman> begin
pointsman[0]> route mv web --last
pointsman[1]> upstream set web 127.0.0.1:1 weight=2 oops
pointsctl: transaction:2:39: 'oops' is not of the form key=value
pointsman[1]> route disable "the rest"
pointsman[2]> diff
route web would be moved
route the rest would be disabled
  apps.layer4.servers.main.routes[0]: added
    + {"@id":"the rest","handle":[{"handler":"close"}],"disabled":true}
  apps.layer4.servers.main.routes[1]: removed
    - {"@id":"the rest","handle":[{"handler":"close"}]}
connections that --existing would touch: keep 0, drain 0, kill 0
pointsman[2]> commit --comment 'by hand'
route web moved
route the rest disabled
revision 2
pointsman>
SCREEN

# --- the daemon goes and comes -------------------------------------------------------------------
stop pointsmand QUIT
anew
text 'route show w'
keys Tab # nobody answers
line eb
look | grep -q "^pointsctl: no daemon answers at" || fail "the screen is '$(look)'"
daemon
anew
line 'route ls -o name'
shows <<'SCREEN'
pointsman> route ls -o name
web
the rest
pointsman>
SCREEN

# A daemon that hangs holds nobody up who types.
anew
kill -STOP "${pids[pointsmand]}"
text 'route show w'
keys Tab
text eb
ends 'pointsman> route show web'
kill -CONT "${pids[pointsmand]}"
keys C-c

# --- leaving; what is remembered ----------------------------------------------------------------
line 'route set web @id=web2 secret=hunter2'
line ' ping'
line 'conn kill 9'
keys C-d
ends 'left with 5'
history=$XDG_STATE_HOME/pointsman/history
same 600 "$(stat -c %a "$history")" "the mode of the history"
grep -q 'conn kill 9' "$history" || fail "a command is not in the history: $(cat "$history")"
grep -qE 'hunter2|handle|^ ping|rout ls' "$history" && fail "what should not be in the history is: $(cat "$history")"
close
open shell
ends 'pointsman>'
keys Up
ends 'pointsman> conn kill 9'
keys C-c
text exit
keys Enter
ends 'left with 0'
close
# No more than the last thousand lines are kept.
seq 1500 >"$history"
open shell
keys Up
ends 'pointsman> 1500'
same '1000 501' "$(wc -l <"$history") $(head -n 1 "$history")" "lines of the history"

# --- however it ends, the terminal is as it was -------------------------------------------------
for signal in TERM HUP SEGV ABRT; do
    close
    open_guarded shell
    ends 'pointsman>'
    text half
    ends 'pointsman> half'
    killed_by $signal shell
done
close
open shell
ends 'pointsman>'
text quit
keys Enter
ends 'left with 0'
