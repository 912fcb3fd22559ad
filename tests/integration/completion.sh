#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Completion in real shells: objects, verbs, options and their values, files, live names.
. "$(dirname "$0")/lib.sh"
need_python

port=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$port"], "routes": [
  {"@id": "web", "match": [{"tls": {}}],
   "handle": [{"handler": "proxy", "upstreams": [{"dial": ["10.0.0.7:80"]}]}]},
  {"@id": "echo", "handle": [{"handler": "echo"}]},
  {"handle": [{"handler": "close"}]}]}}},
  "tls": {"automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
          "certificates": {"automate": ["localhost"]}}}}
JSON
daemon
mkdir -p "$tmp/shell/folder"
echo '{}' | tee "$tmp/shell/some-route.json" >"$tmp/shell/folder/inner.json"
export PATH=$top_builddir:$PATH top_srcdir

# A connection whose number has two digits, so that a part of it can be typed.
for _ in {1..10}; do
    exec 8<>"/dev/tcp/127.0.0.1/$port"
    echo hello >&8 && read -r <&8
    conn=$(ctl -o name conn ls | tail -n 1)
    [ "${#conn}" = 1 ] || break
    exec 8>&-
done

in_shell() { # SHELL…
    local shell
    for shell in "$@"; do
        "$python" "$here/completion.py" "$shell" "$tmp/shell" "$sock" "$port" "$conn" ||
            fail "completion in $shell"
    done
}
tried=
in_shell bash
if command -v zsh >/dev/null; then in_shell zsh zsh-sourced; else tried="zsh (Debian: zsh)"; fi
if command -v fish >/dev/null; then in_shell fish; else tried="$tried fish (Debian: fish)"; fi

# A daemon that does not answer costs no more than its names.
kill -STOP "${pids[pointsmand]}"
same words "$(ctl completion words -- -s "$sock" route show '')" "the candidates without the daemon's"
kill -CONT "${pids[pointsmand]}"

# Nor does one that is not there: its own words come at once, and nothing is complained about.
stop pointsmand QUIT
begun=$SECONDS
for words in "route show ''" "conn kill ''" "cert show ''" "config rollback ''" "upstream show web ''"; do
    eval "set -- $words"
    same words "$(ctl completion words -- -s "$sock" "$@" 2>&1)" "the candidates without a daemon: $words"
done
[ $((SECONDS - begun)) -lt 10 ] || fail "they took $((SECONDS - begun)) s"
ctl completion words -- -s "$sock" upstream health r u '' | grep -q '^down' || fail "what is known without it"
ctl completion tcsh 2>/dev/null
same 2 $? "exit status for a shell that there is no script for"

[ -z "$tried" ] || skip "not tried in:$tried"
