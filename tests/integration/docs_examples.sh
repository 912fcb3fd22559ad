#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every example in the documentation that is marked as caddyfile or json loads.
. "$(dirname "$0")/lib.sh"

count=0
while read -r page; do
    rm -rf "$tmp/blocks"
    mkdir "$tmp/blocks"
    awk -v dir="$tmp/blocks" '
        /^```(caddyfile|json)$/ { n++; out = dir "/" FNR "." substr($0, 4); next }
        /^```/ { out = "" }
        out { print > out }' "$page"
    for block in "$tmp/blocks"/*; do
        [ -f "$block" ] || continue
        line=$(basename "${block%.*}")
        "$pointsmand" validate --config "$block" --adapter "${block##*.}" \
            >"$tmp/validate.log" 2>&1 || fail "${page#"$top_srcdir"/}:$line: the example does not load"
        count=$((count + 1))
    done
done < <(find "$top_srcdir/README.md" "$top_srcdir/docs" -name '*.md')
echo "$count examples loaded"
[ $count -gt 0 ] || fail "no example found"
