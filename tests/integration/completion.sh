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
  {"handle": [{"handler": "close"}]}]}}}}}
JSON
daemon
mkdir -p "$tmp/shell/folder"
echo '{}' | tee "$tmp/shell/some-route.json" >"$tmp/shell/folder/inner.json"
export PATH=$top_builddir:$PATH top_srcdir

in_shell() { # SHELL…
    local shell
    for shell in "$@"; do
        "$python" "$here/completion.py" "$shell" "$tmp/shell" "$sock" "$port" ||
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
ctl completion tcsh 2>/dev/null
same 2 $? "exit status for a shell that there is no script for"

[ -z "$tried" ] || skip "not tried in:$tried"
