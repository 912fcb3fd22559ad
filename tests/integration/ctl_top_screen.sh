#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl top on a terminal of 80x24 and others: what stands there after each key, while there is
# traffic, and while the daemon goes and comes.
. "$(dirname "$0")/ctl_lib.sh"
. "$here/screen.bash"

A=$(free_port) B=$(free_port) C=$(free_port)
export A B
routes=
for i in $(seq 30); do
    routes="$routes, {\"@id\": \"route $i\", \"handle\": [{\"handler\": \"close\"}]}"
done
config <<JSON
{"apps": {"layer4": {"servers": {
  "main": {"listen": ["127.0.0.1:$A", "127.0.0.1:$B"], "routes": [
    {"@id": "web\\u001b[2Jsite", "match": [{"local_ip": {"ranges": ["127.0.0.2"]}}],
     "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:1"]}, {"dial": ["127.0.0.1:2"]}]}]},
    {"@id": "the rest", "handle": [{"handler": "echo"}]}]},
  "many": {"listen": ["127.0.0.1:$C"], "routes": [${routes#, }]}}}}}
JSON
daemon

steady="s/pointsmand [0-9.]+  up [0-9dhms]+/pointsmand VERSION  up TIME/; s/$A/AAAAA/; s/$B/BBBBB/; s/$C/CCCCC/;
    s/is pid [0-9]+ now/is pid N now/; s/no daemon answers at .*/no daemon answers at SOCKET/"

on_screen() {
    look | grep -qF -- "$1"
}

# --- connections that stay, and nothing moves -------------------------------------------------------
cat >"$tmp/hold.py" <<'PY'
import sys
from peers import *
held = [connect(port(p)) for p in "AAAB"]
for s in held:
    s.sendall(b"hello")
    expect(s, b"hello")
print("held", flush=True)
sys.stdin.readline()
PY
mkfifo "$tmp/go"
"$python" "$tmp/hold.py" >"$tmp/hold.log" 2>&1 <"$tmp/go" &
pids[hold]=$!
exec 5>"$tmp/go"
wait_log hold held

open top 5>&- # tmux would keep it
shows <<'SCREEN'
pointsmand VERSION  up TIME  revision 1  workers 2  connections 4
all: conns/s 0  in/s 0  out/s 0  errors/s 0  every 1s
[1 listeners] 2 routes  3 upstreams   3  by CONNS/S
NAME                                 SERVER  ACTIVE CONNS/S  IN/S OUT/S ERRORS/S
tcp/127.0.0.1:AAAAA                  main         3       0     0     0        0
tcp/127.0.0.1:BBBBB                  main         1       0     0     0        0
tcp/127.0.0.1:CCCCC                  many         0       0     0     0        0
















q quit  1-3 what  <> nsacioe sort  r reverse  / filter  p pause  +- interval
SCREEN
text ar-
shows <<'SCREEN'
pointsmand VERSION  up TIME  revision 1  workers 2  connections 4
all: conns/s 0  in/s 0  out/s 0  errors/s 0  every 500ms
[1 listeners] 2 routes  3 upstreams   3  by ACTIVE reversed
NAME                                 SERVER  ACTIVE CONNS/S  IN/S OUT/S ERRORS/S
tcp/127.0.0.1:CCCCC                  many         0       0     0     0        0
tcp/127.0.0.1:BBBBB                  main         1       0     0     0        0
tcp/127.0.0.1:AAAAA                  main         3       0     0     0        0
















q quit  1-3 what  <> nsacioe sort  r reverse  / filter  p pause  +- interval
SCREEN

# --- routes: more than there is room for, and a name that would steer the terminal -------------------
text 2n
keys PageDown
shows <<'SCREEN'
pointsmand VERSION  up TIME  revision 1  workers 2  connections 4
all: conns/s 0  in/s 0  out/s 0  errors/s 0  every 500ms
 1 listeners [2 routes] 3 upstreams   32 from 14  by NAME
NAME                                 SERVER  ACTIVE CONNS/S  IN/S OUT/S ERRORS/S
route 21                             many         0       0     0     0        0
route 22                             many         0       0     0     0        0
route 23                             many         0       0     0     0        0
route 24                             many         0       0     0     0        0
route 25                             many         0       0     0     0        0
route 26                             many         0       0     0     0        0
route 27                             many         0       0     0     0        0
route 28                             many         0       0     0     0        0
route 29                             many         0       0     0     0        0
route 3                              many         0       0     0     0        0
route 30                             many         0       0     0     0        0
route 4                              many         0       0     0     0        0
route 5                              many         0       0     0     0        0
route 6                              many         0       0     0     0        0
route 7                              many         0       0     0     0        0
route 8                              many         0       0     0     0        0
route 9                              many         0       0     0     0        0
the rest                             main         4       0     0     0        0
web?[2Jsite                          main         0       0     0     0        0
q quit  1-3 what  <> nsacioe sort  r reverse  / filter  p pause  +- interval
SCREEN
keys End
text '/MAIX'
keys BSpace
shows <<'SCREEN'
pointsmand VERSION  up TIME  revision 1  workers 2  connections 4
all: conns/s 0  in/s 0  out/s 0  errors/s 0  every 500ms
 1 listeners [2 routes] 3 upstreams   2 of 32  by NAME  with 'MAI'
NAME                                 SERVER  ACTIVE CONNS/S  IN/S OUT/S ERRORS/S
the rest                             main         4       0     0     0        0
web?[2Jsite                          main         0       0     0     0        0

















show those with: MAI
SCREEN
keys Enter
text '>>>>>>' # to the last column: errors
text p
keys Tab
shows <<'SCREEN'
pointsmand VERSION  up TIME  revision 1  workers 2  connections 4
all: conns/s 0  in/s 0  out/s 0  errors/s 0  paused
 1 listeners  2 routes [3 upstreams]  0 of 2  by ERRORS/S  with 'MAI'
NAME                                         ACTIVE CONNS/S  IN/S OUT/S ERRORS/S



















q quit  1-3 what  <> nsacioe sort  r reverse  / filter  p pause  +- interval
SCREEN

# --- a pause, and other sizes -----------------------------------------------------------------------
exec 5>&- # all connections end, but nobody looks
wait "${pids[hold]}"
unset "pids[hold]"
no_connections() {
    [ "$(connections)" = 0 ]
}
wait_until 20 "the end of all connections" no_connections
keys Escape
text 1
tmux resize-window -x 50 -y 10
shows <<'SCREEN'
pointsmand VERSION  up TIME  revision 1  workers 2  c~
all: conns/s 0  in/s 0  out/s 0  errors/s 0  paus~
[1 listeners] 2 routes  3 upstreams   3  by ERROR~
NAME                    ACTIVE CONNS/S  IN/S OUT/S
tcp/127.0.0.1:AAAAA          3       0     0     0
tcp/127.0.0.1:BBBBB          1       0     0     0
tcp/127.0.0.1:CCCCC          0       0     0     0


q quit  1-3 what  <> nsacioe sort  r reverse  / f~
SCREEN
tmux resize-window -x 120 -y 8
keys n p # and they are gone
shows <<'SCREEN'
pointsmand VERSION  up TIME  revision 1  workers 2  connections 0
all: conns/s 0  in/s 0  out/s 0  errors/s 0  every 500ms
[1 listeners] 2 routes  3 upstreams   3  by NAME
NAME                                                                         SERVER  ACTIVE CONNS/S  IN/S OUT/S ERRORS/S
tcp/127.0.0.1:AAAAA                                                          main         0       0     0     0        0
tcp/127.0.0.1:BBBBB                                                          main         0       0     0     0        0
tcp/127.0.0.1:CCCCC                                                          many         0       0     0     0        0
q quit  1-3 what  <> nsacioe sort  r reverse  / filter  p pause  +- interval
SCREEN
tmux resize-window -x 4 -y 2
shows <<'SCREEN'
poi~
q q~
SCREEN
tmux resize-window -x 80 -y 24

# --- traffic --------------------------------------------------------------------------------------
cat >"$tmp/traffic.py" <<'PY'
import sys
from load import Load
from peers import *
load = Load(lambda: port("B"), 40)
sys.stdin.readline()
load.end()
PY
"$python" "$tmp/traffic.py" >"$tmp/traffic.log" 2>&1 <"$tmp/go" &
pids[traffic]=$!
exec 5>"$tmp/go"
# Each connection brings 11 bytes and gets 11; the busiest comes first.
busy() {
    local row
    row=$(look | sed -n 5p)
    [[ $row =~ ^tcp/127.0.0.1:BBBBB\ +main\ +[0-9]+\ +([0-9.]+)\ +([0-9.]+K?)\ +([0-9.]+K?)\ +0$ ]] || return 1
    [ "${BASH_REMATCH[1]}" != 0 ] && [ "${BASH_REMATCH[2]}" != 0 ] && [ "${BASH_REMATCH[3]}" != 0 ]
}
text c
wait_until 20 "rates of what is busy" busy
text r
idle_first() {
    look | sed -n 5p | grep -q AAAAA && look | sed -n 7p | grep -q BBBBB
}
wait_until 20 "rates in the other order" idle_first
exec 5>&-
wait "${pids[traffic]}"
unset "pids[traffic]"

# --- the daemon goes and comes -----------------------------------------------------------------------
stop pointsmand QUIT
text rn3
shows <<'SCREEN'
trying again: no daemon answers at SOCKET
all: conns/s -  in/s -  out/s -  errors/s -  every 500ms
 1 listeners  2 routes [3 upstreams]  2  by NAME
NAME                                         ACTIVE CONNS/S  IN/S OUT/S ERRORS/S
tcp/127.0.0.1:1                                   0       -     -     -        -
tcp/127.0.0.1:2                                   0       -     -     -        -

















q quit  1-3 what  <> nsacioe sort  r reverse  / filter  p pause  +- interval
SCREEN
daemon
shows <<'SCREEN'
pointsmand VERSION  up TIME  revision 1  workers 2  connections 0
all: conns/s 0  in/s 0  out/s 0  errors/s 0  every 500ms
 1 listeners  2 routes [3 upstreams]  2  by NAME
NAME                                         ACTIVE CONNS/S  IN/S OUT/S ERRORS/S
tcp/127.0.0.1:1                                   0       0     0     0        0
tcp/127.0.0.1:2                                   0       0     0     0        0

















the daemon was restarted: it is pid N now
SCREEN

# --- a daemon that says nothing ------------------------------------------------------------------------
kill -STOP "${pids[pointsmand]}"
stuck() {
    look | head -n 1 | grep -qE '^trying again: the daemon has not answered for [0-9]+s$'
}
wait_until 20 "words about it" stuck
text 1 # keys are heard
wait_until 20 "listeners" on_screen '[1 listeners]'
kill -CONT "${pids[pointsmand]}"
wait_until 20 "an answer" on_screen 'pointsmand VERSION'

# --- leaving: what stood there before comes back ---------------------------------------------------------
text q
shows <<'SCREEN'
left with 0
SCREEN
for signal in INT TERM HUP QUIT; do
    close
    open top upstream --interval 1m
    wait_until 20 "the screen" on_screen '[3 upstreams]'
    kill -$signal "$(pgrep -f "^$pointsctl -s $sock top" | head -n 1)"
    shows <<'SCREEN'
left with 0
SCREEN
done
close
open top
wait_until 20 "the screen" on_screen '[1 listeners]'
keys C-c
shows <<'SCREEN'
left with 0
SCREEN

# --- a crash: the terminal comes back nevertheless --------------------------------------------------------
for signal in SEGV ABRT BUS; do
    close
    open_guarded top
    wait_until 20 "the screen" on_screen '[1 listeners]'
    killed_by $signal top
done

# --- terminals that will not do ---------------------------------------------------------------------------
close
terminal=nonsuch
# ncurses forgets some memory when it finds nothing.
tmux new-session -d -x 80 -y 24 "TERM=nonsuch ASAN_OPTIONS=detect_leaks=0 '$pointsctl' -s '$sock' top; echo \"left with \$?\"; exec cat"
shows <<'SCREEN'
pointsctl: nothing is known of a terminal 'nonsuch': set TERM to what it is, or
see 'pointsctl stats'
left with 2
SCREEN
