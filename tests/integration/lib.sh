# SPDX-License-Identifier: BSD-2-Clause
# For the integration tests. A test sources this, starts programs with start(), waits for what it
# wants to see with wait_until(), and complains with fail(). At its end everything that it started
# is stopped, the daemon must leave with status 0, and on failure all logs are shown.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top_srcdir=${top_srcdir:-$(cd "$here/../.." && pwd)}
top_builddir=${top_builddir:-$PWD}
pointsmand=$top_builddir/pointsmand
pointsctl=$top_builddir/pointsctl
python=${PYTHON3:-python3}
test_name=$(basename "$0" .sh)

skip() {
    echo "skipped: $*"
    exit 77
}

# need COMMAND PACKAGE
need() {
    command -v "$1" >/dev/null || skip "$1 is missing (Debian: $2)"
}

need_root() {
    [ "$(id -u)" = 0 ] || skip "needs root"
}

need_python() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        skip "python3 is missing (Debian: python3)"
}

# A Python that has the module: MODULE
need_module() {
    need_python
    for python in "$python" /usr/bin/python3; do
        "$python" -c "import $1" 2>/dev/null && return
    done
    skip "no Python module $1 (Debian: python3-$1)"
}

need_msgpack() {
    need_module msgpack
}

[ -x "$pointsmand" ] || skip "pointsmand is not built"
[ -x "$pointsctl" ] || skip "pointsctl is not built"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/pointsman-$test_name.XXXXXX") || exit 99
export XDG_STATE_HOME=$tmp/home XDG_RUNTIME_DIR=$tmp/home
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
declare -A pids=()

# Runs the test again in a network of its own, where every port is free and /etc/hosts can be
# replaced. Fails where that cannot be had: only root may, and not in every container.
own_network() {
    if [ -n "${POINTSMAN_OWN_NETWORK:-}" ]; then
        ip link set lo up
        return
    fi
    [ "$(id -u)" = 0 ] && unshare --net --mount ip link set lo up 2>/dev/null || return 1
    rm -rf "$tmp"
    POINTSMAN_OWN_NETWORK=1 exec unshare --net --mount bash "$0"
}

# --- verdicts -----------------------------------------------------------------------------------
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# same WANT GOT WHAT
same() {
    [ "$1" = "$2" ] || fail "$3: '$2', not '$1'"
}

# wait_until SECONDS WHAT COMMAND…: asks again and again until the command succeeds.
wait_until() {
    local end=$((SECONDS + $1 + 1)) what=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt $end ] || fail "waited in vain for $what"
        sleep 0.05
    done
}

# --- programs -----------------------------------------------------------------------------------
# start NAME COMMAND…: in the background, its output in $tmp/NAME.log
start() {
    local name=$1
    shift
    "$@" >>"$tmp/$name.log" 2>&1 </dev/null &
    pids[$name]=$!
}

running() { # NAME
    [ -n "${pids[$1]:-}" ] && kill -0 "${pids[$1]}" 2>/dev/null
}

gone() { # NAME
    ! running "$1"
}

# stop NAME [SIGNAL]: its exit status is ours. A program that does not end is killed: 137.
stop() {
    local pid=${pids[$1]:-} end=$((SECONDS + 30)) status=0
    [ -n "$pid" ] || return 0
    kill -"${2:-TERM}" "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $end ]; do sleep 0.05; done
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null || status=$?
    unset "pids[$1]"
    return $status
}

logged() { # NAME PATTERN
    grep -qE -- "$2" "$tmp/$1.log"
}

wait_log() { # NAME PATTERN [SECONDS]
    wait_until "${3:-30}" "'$2' in the log of $1" logged "$1" "$2"
}

finish() {
    local status=$? name stopped
    trap - EXIT
    for name in "${!pids[@]}"; do
        stopped=0
        case $name in
        pointsmand*) stop "$name" QUIT || stopped=$? ;;
        *) stop "$name" ;;
        esac
        if [ $status = 0 ] && [ $stopped != 0 ]; then
            echo "FAILED: $name ended with status $stopped" >&2
            status=1
        fi
    done
    if [ $status = 0 ] && grep -lE 'Sanitizer|runtime error:' "$tmp"/*.log 2>/dev/null; then
        echo "FAILED: a sanitizer complained" >&2
        status=1
    fi
    if [ $status != 0 ] && [ $status != 77 ]; then
        tail -n 80 "$tmp"/*.log "$tmp"/*/*.log >&2 2>/dev/null
    fi
    rm -rf "$tmp"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- ports --------------------------------------------------------------------------------------
listening() { # PORT
    local hex
    hex=$(printf '%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 }
            END { exit !found }'
}

# A port below the ephemeral range that nobody uses and no other test gets: a counter that all
# tests of this user share, wherever their temporary files are.
free_port() {
    local counter=/tmp/pointsman-ports-$(id -u) port
    (
        flock 8
        port=$(cat "$counter" 2>/dev/null || echo 0)
        while :; do
            [ "$port" -ge 20000 ] && [ "$port" -lt 32000 ] && port=$((port + 1)) || port=20000
            listening "$port" || break
        done
        echo "$port" | tee "$counter"
    ) 8>>"$counter.lock"
}

# --- the daemon ---------------------------------------------------------------------------------
sock=$tmp/control.sock

ctl() {
    "$pointsctl" -s "$sock" "$@"
}

# The configuration comes on stdin.
config() { # [NAME]
    cat >"$tmp/${1:-config.json}"
}

answers() {
    ctl ping >/dev/null 2>&1 || gone pointsmand
}

# daemon [CONFIG] [OPTION…]: starts it and waits until it serves.
daemon() {
    local file=${1:-$tmp/config.json}
    [ $# = 0 ] || shift
    start pointsmand "$pointsmand" run --config "$file" --control "$sock" --state "$tmp/state" \
        --workers 2 "$@"
    wait_until 30 "the control socket" answers
    running pointsmand || fail "the daemon did not start"
}

connections() {
    ctl -j conn ls | "$python" -c 'import json, sys; print(len(json.load(sys.stdin)["items"]))'
}

no_connections() {
    [ "$(connections)" = 0 ]
}

# A layer4 server with one route: LISTEN-PORT HANDLERS-JSON
simple_server() {
    printf '{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:%s"],"routes":[{"handle":%s}]}}}}}' \
        "$1" "$2"
}
