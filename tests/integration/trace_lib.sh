# SPDX-License-Identifier: BSD-2-Clause
# For the tests of pointsctl trace.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need_python

# traces NAME ARGUMENT…: in the background; its steps in $tmp/NAME.log, once it has begun.
traces() {
    local name=$1
    shift
    start "$name" sh -c 'exec "$@" 2>"$0"' "$tmp/$name.said" "$pointsctl" -s "$sock" trace "$@"
    wait_until 10 "the trace $name" grep -qs '^pointsctl: tracing' "$tmp/$name.said"
}

# ended NAME: by itself, and well
ended() {
    wait_until 20 "the end of $1" gone "$1"
    wait "${pids[$1]}" || fail "exit status of $1: $?"
    unset "pids[$1]"
}

# of NAME EXPRESSION: is it true of `all`, the steps in the log? For failures they are shown.
of() {
    "$python" - "$tmp/$1.log" "$2" <<'PY' || fail "not so in $1: $2"
import json, os, sys
all = [json.loads(line) for line in open(sys.argv[1])]
def steps(kind):
    return [s for s in all if s["step"] == kind]
sys.exit(not eval(sys.argv[2]))
PY
}
