#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every control method has its section, with its level, in the protocol's page, every command of
# pointsctl its synopsis in the man page; and nothing stands there that is not in the program.
. "$(dirname "$0")/lib.sh"

page=docs/control-protocol.md
manual=ctl/pointsctl.8.in

# "name level" of each method.
methods() {
    local macro level
    grep -hE '^ +\.(name|level) = ' daemon/control/*.c | grep -A1 'name = CONTROL_' |
        sed -nE 's/.*= (CONTROL_[A-Z_]+|LEVEL_[A-Z]+),.*/\1/p' | paste -d' ' - - |
        while read -r macro level; do
            level=$(echo "${level#LEVEL_}" | tr A-Z a-z)
            echo "$(sed -nE "s/^#define $macro \"(.*)\"/\1/p" include/pointsman/control.h) $level"
        done
}

sections() {
    sed -nE 's/^### `([a-z._]+)` \(([a-z]+)\)$/\1 \2/p' "$page"
}

while read -r difference; do
    fault "$page and daemon/control differ: $difference"
done < <(diff <(methods | sort) <(sections | sort) | grep '^[<>]')

# First arguments of quoted names in an X-macro list: those of events, and of ends of connections.
names() { # FILE PREFIX
    tr '\n\\' '  ' <"$1" | grep -oE "X\($2[A-Z_]+, \"[a-z._]+\"" | sed -E 's/.*"(.*)"/\1/'
}

# Rows of the tables in a section of the page, each code in its first column.
rows() { # HEADING
    sed -n "/^#* $1\$/,/^#/p" "$page" | grep -E '^\| `' | cut -d'|' -f2 | grep -oE '`[a-z._]+`' | tr -d '\`'
}

compare() { # WHAT NAMES ROWS
    local difference
    while read -r difference; do
        fault "$page and $1 differ: $difference"
    done < <(diff <(echo "$2" | sort) <(echo "$3" | sort) | grep '^[<>]')
}

lost=$(sed -nE 's/^#define CONTROL_LOST_[A-Z]+ "(.*)".*/\1/p' include/pointsman/control.h)
events=$(names include/pointsman/control.h '' | grep '\.')
compare "the types of events" "$events"$'\n'"$lost" "$(rows Events)"
compare "daemon/core/reason.h" "$(names daemon/core/reason.h END_)" "$(rows 'Ends of connections')"

# "object verb" of each command.
commands() {
    grep -hE '^ +\.(object|verb) = ' ctl/*.c |
        sed -E 's/.*\.object = "(.*)",/O\1/; s/.*\.verb = "(.*)",/V\1/' |
        awk '/^O/ { if (c != "") print c; c = substr($0, 2) }
            /^V/ { c = c " " substr($0, 2) }
            END { print c }'
}

synopses() {
    sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$manual" | sed -nE 's/^\.Cm (.*)$/\1/p'
}

while read -r difference; do
    fault "$manual and ctl differ: $difference"
done < <(diff <(commands | sort) <(synopses | sort) | grep '^[<>]')
# Who reads a message has typed "listener ls": it does not speak of "listener.ls". Help texts are for
# those who call methods.
methods=$(grep -oE '"[a-z_]+\.[a-z_]+"' include/pointsman/control.h | tr -d '"' | sed 's/\./\\./' | sort -u | paste -sd'|')
while read -r line; do
    fault "a message names a method, not a command: $line"
done < <(grep -rnE --include='*.[ch]' "\"([^\"]* |[^\"]*')($methods)[^\"]*\"|\"[^\"]*($methods)[ ;,'][^\"]*\"" daemon common |
    grep -vE '\.help =')
finish
