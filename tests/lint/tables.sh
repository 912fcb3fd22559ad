#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# One thing, one file, one line: every matcher, handler, control method and ctl command has its
# line in the X-macro table of its folder; matchers and handlers have their page and an adapt case.
# Every C file stands in Makefile.am, and nothing stands there that is not in the tree.
. "$(dirname "$0")/lib.sh"

# Names in a table: the first argument of each X(...), comments aside.
table_names() { # TABLE
    sed 's|/\*.*\*/||; /^[[:space:]]*\*/d; /#define/d' "$1" |
        grep -oE '\bX\([A-Za-z_0-9]+' | cut -c3- | LC_ALL=C sort
}

# Exports of a folder: "NAME FILE" for every `const struct KIND_type KIND_NAME`.
exports() { # FOLDER KIND
    grep -HoE "^const struct $2(_type)? $2_[a-z0-9_]+ = " "$1"/*.c 2>/dev/null |
        sed -E "s/^([^:]*):const struct $2(_type)? $2_([a-z0-9_]+) = \$/\3 \1/" | LC_ALL=C sort
}

check_table() { # FOLDER TABLE KIND
    local name file
    [ -f "$2" ] || {
        [ -z "$(exports "$1" "$3")" ] || fault "$1: has no table $2"
        return
    }
    while read -r name file; do
        table_names "$2" | grep -qx "$name" || fault "$2: no line for $name of $file"
    done < <(exports "$1" "$3")
    while read -r name; do
        exports "$1" "$3" | grep -q "^$name " ||
            fault "$2: $name has no file in $1 that exports $3_$name"
    done < <(table_names "$2")
    [ "$(table_names "$2")" = "$(table_names "$2" | uniq)" ] || fault "$2: a name stands twice"
}

# What users can write needs its page and a case that adapts it. Internal ones have neither.
check_documented() { # FOLDER KIND
    local name file
    while read -r name file; do
        grep -qE '^[[:space:]]*\.internal = true' "$file" && continue
        [ -s "docs/${1#daemon/}/$name.md" ] || fault "$file: no page docs/${1#daemon/}/$name.md"
        grep -lqE "\"$name\"" tests/adapt/*.txt 2>/dev/null ||
            fault "$file: no case in tests/adapt has \"$name\""
    done < <(exports "$1" "$2")
    for file in docs/"${1#daemon/}"/*.md; do
        name=$(basename "$file" .md)
        [ "$name" = '*' ] || [ "$name" = README ] || exports "$1" "$2" | grep -q "^$name " ||
            fault "$file: no $2 of that name"
    done
}

check_table daemon/matchers daemon/matchers/matchers_tbl.h matcher
check_table daemon/handlers daemon/handlers/handlers_tbl.h handler
check_table daemon/control daemon/control/methods_tbl.h method
check_table daemon/http daemon/http/handlers_tbl.h http_handler
check_table daemon/http daemon/http/matchers_tbl.h http_matcher
check_table ctl ctl/commands_tbl.h command
check_documented daemon/matchers matcher
check_documented daemon/handlers handler

while read -r file; do
    case $file in
    tests/*.c) grep -qE "(^|[[:space:]])${file%.c}([[:space:]]|\.c|\$)" Makefile.am ;;
    *) grep -qE "(^|[[:space:]])$file([[:space:]]|\$)" Makefile.am ;;
    esac || fault "Makefile.am: no line for $file"
done < <(c_files)
for file in $(grep -oE '^\s+(common|include|daemon|ctl)/[a-z0-9_/]+\.[ch]\b' Makefile.am); do
    [ -f "$file" ] || fault "Makefile.am: no file $file"
done
for file in tests/lint/*.sh tests/integration/*.sh; do
    case $file in
    *lib.sh) continue ;; # what others source
    esac
    grep -q "^[[:space:]]$file " Makefile.am || fault "Makefile.am: no line for $file"
done
finish
