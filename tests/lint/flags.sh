#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every option that holds text says by its flags whether only the level admin may bring its value
# in: PATH, SECRET, ENV, OPEN. All of them stand in tests/lint/flags.txt with their flags, so that
# whoever adds one has to think about it. `tests/lint/flags.sh --update` writes the list anew; read
# what changed: does the option name a file, hold a secret, listen, or may it have placeholders?
. "$(dirname "$0")/lib.sh"

list=tests/lint/flags.txt

# "FILE: OPTION FLAGS" for each text, list of texts and value that a function reads.
options() {
    local file
    for file in daemon/core/*.c daemon/tls/*.c daemon/upstream/*.c daemon/http/*.c \
        daemon/certs/*.c daemon/matchers/*.c daemon/handlers/*.c daemon/config/*.c \
        daemon/control/*.c; do
        [ "$file" = daemon/config/operation.c ] || tr '\n\t' '  ' <"$file" |
            grep -oE '(FIELD_(STRING|STRINGS|CUSTOM)\([^"]*"[^"]+",[^,]*,|\{ *\.name = "[^"]+",[^{}]*\.type = FIELD_TYPE_(STRING|STRINGS|CUSTOM)[^{}]*\})' |
            sed -E 's/^[^"]*"([^"]+)",/\1/
                s/ \.type.*\.flags = ([A-Z_| ]+)[,}].*/ \1,/
                s/ \.type.*/ 0,/
                s/FIELD_(REQUIRED|HIDDEN)//g; s/FIELD_//g; s/[ |]+/ /g; s/,$//; s/ +$//' |
            sed "s|^|$file: |; s| 0\$||"
    done | LC_ALL=C sort -u
}

if [ "${1:-}" = --update ]; then
    options >"$list"
    exit
fi
while read -r option; do
    fault "$option: placeholders may be {env.*}, so it is ENV too"
done < <(options | grep -w PLACEHOLDERS | grep -wv ENV)
while read -r difference; do
    fault "$list and the tables of options differ: $difference (see the top of $0)"
done < <(diff "$list" <(options) | grep '^[<>]')
finish
