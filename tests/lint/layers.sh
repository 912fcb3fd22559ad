#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Data flows one way: a folder includes itself and folders above it in this list, nothing else.
# The tool sees common and include alone. <config.h> comes first in every .c, and in no header.
. "$(dirname "$0")/lib.sh"

layers="include/pointsman common daemon/wire daemon/input daemon/state daemon/regex daemon/net
daemon/core daemon/tls daemon/upstream daemon/http daemon/certs daemon/matchers daemon/handlers
daemon/config daemon/control daemon"

# Height of a folder in the list, 0: not in it.
height() {
    local i=0 layer
    for layer in $layers; do
        i=$((i + 1))
        [ "$1" = "$layer" ] && echo $i && return
    done
    echo 0
}

allowed() { # FROM-FOLDER TO-FOLDER
    case $1 in
    ctl) [ "$2" = ctl ] || [ "$2" = common ] || [ "$2" = include/pointsman ] ;;
    *) [ "$(height "$2")" -gt 0 ] && [ "$(height "$2")" -le "$(height "$1")" ] ;;
    esac
}

while IFS=: read -r file line included; do
    from=$(dirname "$file")
    to=$(dirname "$included")
    [ "$to" = pointsman ] && to=include/pointsman
    if [ "$to" = . ]; then
        fault "$file:$line: include \"$included\" by its path from the top"
    elif [ ! -f "$included" ] && [ ! -f "include/$included" ]; then
        fault "$file:$line: no file $included"
    elif ! allowed "$from" "$to"; then
        fault "$file:$line: $from must not include $included"
    fi
done < <(grep -rnE '^#[[:space:]]*include[[:space:]]+("|<pointsman/)' common include daemon ctl \
    --include='*.[ch]' | sed -E 's/^([^:]*:[0-9]+):.*include[[:space:]]+["<]([^">]*)[">].*/\1:\2/')

while read -r file; do
    first=$(grep -m1 -E '^#[[:space:]]*include' "$file")
    case $file in
    *_tbl.h) ;;
    *.h)
        grep -qE '^#[[:space:]]*include[[:space:]]+<config.h>' "$file" &&
            fault "$file: a header includes <config.h>"
        guard=$(printf '%s' "${file#include/}" | tr 'a-z/.-' 'A-Z___')
        grep -q "^#ifndef $guard\$" "$file" || fault "$file: its guard is not $guard"
        ;;
    *.c) [ "$first" = '#include <config.h>' ] || fault "$file: <config.h> is not its first include" ;;
    esac
done < <(c_files)

[ -z "$(find common include daemon ctl tests -name config.h)" ] ||
    fault "a file is named config.h"
finish
