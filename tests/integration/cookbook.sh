#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every line of the cookbook, each recipe with a daemon of its own.
. "$(dirname "$0")/lib.sh"
need_python
need jq jq
need curl curl
own_network || skip "needs a network of its own (unshare)"

mkdir "$tmp/recipes" "$tmp/work"
"$python" "$here/cookbook.py" split "$top_srcdir/docs/cookbook.md" "$tmp/recipes" || fail "the page"
export PATH=$top_builddir:$PATH POINTSMAN_SOCK=$sock

connect() { # two clients of db, one on each of its upstreams
    exec 8<>/dev/tcp/127.0.0.1/5432 && echo hello >&8 && read -r -t 20 <&8 &&
        exec 9<>/dev/tcp/127.0.0.1/5432 && echo hello >&9 && read -r -t 20 <&9
}

run_step() { # BASE TITLE
    local status=0
    eval "$(cat "$1.run")" >"$tmp/out" 2>&1 </dev/null || status=$?
    same "$(cat "$1.exit")" $status "exit status of '$(cat "$1.run")' ($2): $(cat "$tmp/out")"
    [ -e "$1.want" ] || return 0
    "$python" "$here/cookbook.py" same "$1.want" "$tmp/out" ||
        fail "$2: '$(cat "$1.run")' printed:
$(cat "$tmp/out")
and the page has:
$(cat "$1.want")"
}

count=0
cd "$tmp/work" || fail "no folder"
for recipe in "$tmp"/recipes/[0-9]*; do
    title=$(cat "$recipe/title")
    rm -rf "$tmp/state" "$tmp/pointsmand.log" ./*
    cp "$tmp/recipes/Caddyfile" .
    daemon "$tmp/work/Caddyfile"
    connect || fail "$title: no connection to db"
    for step in "$recipe"/*.run; do
        run_step "${step%.run}" "$title"
    done
    exec 8>&- 9>&-
    stop pointsmand QUIT || fail "$title: the daemon ended with $?"
    count=$((count + 1))
done
echo "$count recipes"
[ $count -ge 30 ] || fail "only $count recipes"
