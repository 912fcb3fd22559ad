# SPDX-License-Identifier: BSD-2-Clause
# For the tests of what stands on a terminal: tmux has one of 80x24 in which pointsctl runs. A test
# sources lib.sh, then this.

need tmux tmux

tmux() {
    env -u TMUX -u COLUMNS -u LINES LC_ALL=C.UTF-8 HOME="$tmp" NO_COLOR=1 tmux -f /dev/null -S "$tmp/tmux$terminal.sock" "$@"
}

# open COMMAND…: a terminal with pointsctl, and its exit status behind it
terminal=0
open() {
    terminal=$((terminal + 1))
    tmux new-session -d -x 80 -y 24 -c "$tmp" \
        "'$pointsctl' -s '$sock' $*; echo \"left with \$?\"; exec cat" || fail "tmux does not start"
}

# open_guarded COMMAND…: the same in a process group of its own, for libedit sends signals on to all of
# its group; and how the terminal is before it and after it
open_guarded() {
    terminal=$((terminal + 1))
    tmux new-session -d -x 80 -y 24 -c "$tmp" "set -m; ulimit -c 0; stty -a >before; '$pointsctl' -s '$sock' $*; code=\$?
        stty -a >after; echo \"left with \$code\"; exec cat" || fail "tmux does not start"
}

# killed_by SIGNAL COMMAND…: ends what open_guarded has begun; its exit status is the signal's, and
# the terminal is as it was
killed_by() {
    local signal=$1
    shift
    kill "-$signal" "$(pgrep -f "^$pointsctl -s $sock $*" | head -n 1)" || fail "nothing to kill"
    wait_until 20 "the end by $signal" eval "look | grep -q '^left with '"
    ends "left with $((128 + $(kill -l "$signal")))"
    same "$(cat "$tmp/before")" "$(cat "$tmp/after")" "the terminal after $signal"
    same "0 1" "$(tmux display-message -p '#{alternate_on} #{cursor_flag}')" "alternate screen and cursor after $signal"
}

close() {
    tmux kill-server 2>/dev/null
}

end() {
    local status=$?
    close
    (exit $status)
    finish
}
trap end EXIT

# What is on the screen, without the blanks that nobody sees, and without what changes: that is
# what a script $steady for sed -E makes always the same.
look() {
    tmux capture-pane -p | sed -E "s/ +\$//; $steady" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

shows_now() {
    [ "$(look)" = "$want" ]
}

# shows: the whole screen is what stands on standard input
shows() {
    local end=$((SECONDS + 20))
    want=$(cat)
    until shows_now; do
        [ $SECONDS -lt $end ] || fail "the screen is$(printf '\n%s\n' "$(look)")$(printf '\nnot\n%s' "$want")"
        sleep 0.05
    done
}

# ends WITH: its last line
ends_now() {
    [ "$(look | tail -n 1)" = "$1" ]
}
ends() {
    local end=$((SECONDS + 20))
    until ends_now "$1"; do
        [ $SECONDS -lt $end ] || fail "the screen is$(printf '\n%s\n' "$(look)"), not ending with '$1'"
        sleep 0.05
    done
}

# keys NAME…, as tmux calls them
keys() {
    tmux send-keys "$@"
}
# text TEXT: typed
text() {
    tmux send-keys -l -- "$1"
}
