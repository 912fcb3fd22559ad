#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The log goes where the document says: by logger, level and format; files are opened anew after
# SIGUSR1 and at a reload, are moved aside when they are large; a file that cannot be opened refuses
# the configuration. Nothing that blocks or fails holds up the traffic.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port)
export LISTEN
logs=$tmp/logs

# The Caddyfile's logs come on stdin.
caddyfile() {
    {
        echo '{'
        cat
        printf '\tlayer4 {\n\t\t127.0.0.1:%s {\n\t\t\troute {\n\t\t\t\techo\n\t\t\t}\n\t\t}\n\t}\n}\n' "$LISTEN"
    } >"$tmp/Caddyfile"
}

# visit TEXT…: a connection for each; each gets back what it sends.
visit() {
    "$python" - "$@" <<'PY' || fail "the traffic"
import sys
from peers import *
for text in sys.argv[1:]:
    with connect(port("LISTEN")) as client:
        client.sendall(text.encode())
        expect(client, text.encode())
PY
}

in_file() { # PATTERN FILE
    grep -qE -- "$1" "$2" 2>/dev/null
}

wait_file() { # PATTERN FILE
    wait_until 10 "'$1' in $2" in_file "$1" "$2"
}

# --- which lines go where -----------------------------------------------------------------------
caddyfile <<CADDY
	log {
		output file $logs/default.log
		exclude layer4.log
	}
	log access {
		output file $logs/access.log {
			mode 640
		}
		format console
		include layer4.log.access
	}
	log problems {
		output stderr
		format json
		level WARN
	}
CADDY
daemon "$tmp/Caddyfile"
visit one two
wait_file '"subsystem":"control","msg":"listening at' "$logs/default.log"
wait_file ' info  access: connection id=.* in=3 out=3 ' "$logs/access.log"
in_file '"subsystem":"access"' "$logs/default.log" && fail "what is excluded is in the default log"
"$python" -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$logs/default.log" ||
    fail "a line that is no JSON"
same 600 "$(stat -c %a "$logs/default.log")" "mode of a log file"
same 640 "$(stat -c %a "$logs/access.log")" "mode of a log file that is said"
same 700 "$(stat -c %a "$logs")" "mode of a folder that was made"

# --- moved away, and opened anew ----------------------------------------------------------------
mv "$logs/access.log" "$logs/access.old"
kill -USR1 "${pids[pointsmand]}"
wait_until 10 "a new access log" [ -e "$logs/access.log" ]
visit three!
wait_file 'in=6 out=6' "$logs/access.log"
mv "$logs/access.log" "$logs/access.older"
kill -HUP "${pids[pointsmand]}"
wait_until 10 "a new access log after a reload" [ -e "$logs/access.log" ]
visit fourth!
wait_file 'in=7 out=7' "$logs/access.log"

# --- refused: the daemon goes on with what it has -----------------------------------------------
mkdir "$tmp/folder"
caddyfile <<CADDY
	log {
		output file $tmp/folder
	}
CADDY
ctl config reload 2>"$tmp/err" && fail "a folder was taken for a log file"
grep -q "logging.logs: cannot open the log file '$tmp/folder'" "$tmp/err" || fail "$(cat "$tmp/err")"
"$pointsmand" validate --config "$tmp/Caddyfile" >"$tmp/err" 2>&1 && fail "validate takes a folder"
grep -q "'$tmp/folder'" "$tmp/err" || fail "validate: $(cat "$tmp/err")"
visit five
wait_file 'in=4 out=4' "$logs/access.log"

# --- large files are moved aside ----------------------------------------------------------------
caddyfile <<CADDY
	log {
		output file $logs/rolled.log {
			roll_size 1MiB
			roll_keep 2
		}
		format json
	}
CADDY
head -c 1100000 /dev/zero | tr '\0' x >"$logs/rolled.log"
touch "$logs/rolled.log-2001-01-01T00-00-00.000" "$logs/rolled.log-2002-01-01T00-00-00.000" \
    "$logs/rolled.log-notes"
ctl config reload || fail "reload"
moved() {
    [ "$(ls "$logs" | grep -cE '^rolled\.log-20[0-9T.-]+$')" = 2 ] &&
        [ ! -e "$logs/rolled.log-2001-01-01T00-00-00.000" ] && [ -s "$logs/rolled.log" ]
}
visit six
for _ in 1 2 3 4 5; do
    visit seven
    moved && break
    sleep 0.1
done
wait_until 10 "the file to be moved aside" moved
[ -e "$logs/rolled.log-notes" ] || fail "another file was removed"
[ "$(stat -c %s "$logs/rolled.log")" -lt 1000000 ] || fail "the file is not new"

# --- what blocks or fails -----------------------------------------------------------------------
mkfifo "$tmp/fifo"
caddyfile <<CADDY
	debug
	log {
		output file $tmp/fifo {
			roll_disabled
		}
	}
	log full {
		output file /dev/full {
			roll_disabled
		}
	}
	log good {
		output file $logs/good.log
	}
CADDY
ctl config reload || fail "reload with a FIFO that nobody reads"
# More than a pipe holds.
"$python" - <<'PY' || fail "traffic beside a log that blocks"
import time
from peers import *
start = time.monotonic()
for i in range(1500):
    with connect(port("LISTEN")) as client:
        client.sendall(b"x")
        expect(client, b"x")
assert time.monotonic() - start < 60, time.monotonic() - start
PY
ctl ping >/dev/null || fail "the control thread is held up"
all_there() {
    [ "$(grep -c '"subsystem":"access"' "$logs/good.log")" = 1500 ]
}
wait_until 10 "all lines in the log that is written" all_there
caddyfile <<CADDY
	log {
		output stderr
	}
CADDY
ctl config reload || fail "reload away from a log that blocks"
visit eight!!!
wait_log pointsmand 'access: connection .* in=8 out=8'
stop pointsmand || fail "the end of the daemon"
