# SPDX-License-Identifier: BSD-2-Clause
# For the tests of pointsctl's verbs: what a command answers, how it ends, what its JSON looks like.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need_python

# Each answer in JSON is kept, and at the end all are held against their schemas.
calls=$tmp/calls call=0
mkdir "$calls"

keep_call() { # CODE COMMAND…
    local base=$calls/$((++call))
    echo "$1" >"$base.code"
    shift
    printf '%s\n' "$@" >"$base.args"
    cp "$tmp/out" "$base.out"
    cp "$tmp/err" "$base.err"
}

# [--all [COMMAND…]]: see schemas.py
check_schemas() {
    "$python" "$here/schemas.py" "$pointsctl" "$calls" "$@" || fail "an answer is not as its schema says"
}

finish_ctl() {
    local status=$?
    if [ $status = 0 ] && "$python" -c 'import jsonschema' 2>/dev/null; then
        (check_schemas) || status=1
    fi
    (exit $status)
    finish
}
trap finish_ctl EXIT

# code WANT COMMAND…: of ctl; output in $tmp/out and $tmp/err, standard input in $tmp/in if it is
# there
code() {
    local want=$1 got=0
    shift
    if [ -e "$tmp/in" ]; then
        ctl "$@" >"$tmp/out" 2>"$tmp/err" <"$tmp/in" || got=$?
        rm "$tmp/in"
    else
        ctl "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
    fi
    [ "$want" = $got ] || cat "$tmp/out" "$tmp/err" >&2
    same "$want" $got "exit status of pointsctl $*"
    case " $* " in
    *" -j "* | *" -je "*) keep_call $got "$@" ;;
    esac
}

# refused CODE PATTERN COMMAND…: it says why on standard error, and nothing else happens
refused() {
    local want=$1 pattern=$2 before
    shift 2
    before=$(revision)
    code "$want" "$@"
    grep -qE -- "$pattern" "$tmp/err" || fail "pointsctl $*: '$(cat "$tmp/err")', not '$pattern'"
    [ -s "$tmp/out" ] && fail "pointsctl $*: something on standard output"
    same "$before" "$(revision)" "the revision after a refusal"
}

# says PATTERN: the output of the last command
says() {
    grep -qE -- "$1" "$tmp/out" || fail "'$(cat "$tmp/out")', not '$1'"
}

revision() {
    ctl -j ping 2>/dev/null | sed 's/^{"rev":\([0-9]*\),.*/\1/'
}

# json EXPRESSION: is it true of `out`, the JSON on standard output?
json() {
    "$python" - "$tmp/out" "$1" <<'PY' || fail "not so: $1, in $(cat "$tmp/out")"
import json, sys
out = json.load(open(sys.argv[1]))
sys.exit(not eval(f"({sys.argv[2]})"))
PY
}

# shape WANT: of the JSON on standard output, keys in their order. Items of a list that look the
# same are shown once.
shape() {
    local got
    got=$("$python" - "$tmp/out" <<'PY'
import json, sys
def shape(v):
    if isinstance(v, dict):
        return "{" + " ".join(f"{k}:{shape(x)}" for k, x in v.items()) + "}"
    if isinstance(v, list):
        return "[" + "|".join(dict.fromkeys(map(shape, v))) + "]"
    return {type(None): "nil", bool: "bool", int: "int", float: "float", str: "text"}[type(v)]
print(shape(json.load(open(sys.argv[1]))))
PY
    ) || fail "no JSON: $(cat "$tmp/out")"
    same "$1" "$got" "the shape of the answer"
}

# at80 COMMAND…: on a terminal of 80 columns no line is longer. Output in $tmp/out.
at80() {
    "$python" - "$pointsctl" -s "$sock" "$@" >"$tmp/out" <<'PY' || fail "on a terminal: pointsctl $*"
import fcntl, os, pty, struct, subprocess, sys, termios
main, side = pty.openpty()
fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
env = dict(os.environ, TERM="xterm", NO_COLOR="1")
env.pop("COLUMNS", None)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=side, env=env)
os.close(side)
out = b""
while True:
    try:
        more = os.read(main, 65536)
    except OSError:  # the other side has gone
        break
    if not more:
        break
    out += more
lines = out.decode().replace("\r", "").splitlines()
print("\n".join(lines))
assert lines and child.wait(20) == 0
assert max(map(len, lines)) <= 80, max(lines, key=len)
PY
}

# value EXPRESSION: of `out`, the JSON on standard output
value() {
    "$python" -c 'import json, sys; out = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
        "$tmp/out" "$1"
}
