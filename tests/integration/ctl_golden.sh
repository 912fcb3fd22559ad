#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What is printed of given answers, to the letter: on terminals of 80 and 200 columns, and where
# there is no terminal. `ctl_golden.sh --update` takes what is printed now for what is right.
. "$(dirname "$0")/ctl_lib.sh"
need_msgpack
golden=$here/golden

start answers "$python" "$here/ctl_golden.py" serve "$sock" "$golden/answers.json"
wait_until 20 "the socket" test -S "$sock"
export TERM=xterm LC_ALL=C.UTF-8
unset COLUMNS
cd "$golden" || exit 99 # for the files that commands name

# print WIDTH: of all commands; 0: no terminal
print() {
    local words status
    while read -ra words; do
        echo "\$ pointsctl ${words[*]}"
        status=0
        if [ "$1" = 0 ]; then
            ctl "${words[@]}" </dev/null 2>&1 || status=$?
        else
            NO_COLOR=1 "$python" "$here/ctl_golden.py" terminal "$1" "$pointsctl" -s "$sock" "${words[@]}" \
                </dev/null || status=$?
        fi
        [ $status = 0 ] || echo "(exit status $status)"
        echo
    done <"$golden/commands"
}

# --- to the letter --------------------------------------------------------------------------------
for width in 80 200 0; do
    print $width >"$tmp/$width.txt"
    [ "${1:-}" != --update ] || cp "$tmp/$width.txt" "$golden/$width.txt"
    diff -u "$golden/$width.txt" "$tmp/$width.txt" >"$tmp/diff" ||
        fail "other text on $width columns:
$(cat "$tmp/diff")"
done
[ -z "$(grep -nP '[\x00-\x08\x0b-\x1f\x7f]' "$tmp"/*.txt)" ] || fail "a control character comes through"
# A place is a byte in no UTF-8 but one of ASCII.
for width in 80 200; do
    long=$(sed -n '/^\$ pointsctl [a-z]* ls$/,/^$/p' "$tmp/$width.txt" |
        "$python" -c "import sys; print(sum(len(l.rstrip('\n')) > $width for l in sys.stdin))")
    same 0 "$long" "lines of lists longer than $width"
done

# --- colours --------------------------------------------------------------------------------------
"$python" "$here/ctl_golden.py" terminal 80 "$pointsctl" -s "$sock" listener ls >"$tmp/colours"
grep -q $'\033\\[1m''ADDRESS' "$tmp/colours" || fail "no bold headings on a terminal: $(cat -v "$tmp/colours")"
TERM=dumb "$python" "$here/ctl_golden.py" terminal 80 "$pointsctl" -s "$sock" listener ls >"$tmp/colours"
grep -q $'\033' "$tmp/colours" && fail "colours on a dumb terminal"

# --- every command is in it -----------------------------------------------------------------------
"$python" - commands "$top_srcdir/ctl/commands_tbl.h" <<'PY' || fail "commands of golden/commands"
import re, sys
with open(sys.argv[1]) as given, open(sys.argv[2]) as table:
    listed = [" ".join(w for w in line.split() if not w.startswith("-")) for line in given]
    names = [name.replace("_", " ") for name in re.findall(r"X\((\w+)\)", table.read())]
others = {"completion", "schema", "shell", "ping", "version"}  # for programs; or not always the same
names = {"call" if n == "call method" else n for n in names if n != "name"} - others
missing = [n for n in names if not any(line == n or line.startswith(n + " ") for line in listed)]
assert not missing, missing
PY

# --- and the answers are such as the daemon gives -------------------------------------------------
while read -ra words; do
    want=0
    case ${words[*]} in
    "config diff") want=1 ;;
    "conn kill "*) want=5 ;;
    help*) continue ;; # is text
    esac
    code $want -j "${words[@]}"
done <"$golden/commands"
