#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example's Caddyfile adapts to exactly the example's JSON, and both load.
. "$(dirname "$0")/lib.sh"

found=0
for folder in "$top_srcdir"/examples/*/; do
    [ -f "$folder/Caddyfile" ] && [ -f "$folder/config.json" ] || continue
    found=$((found + 1))
    "$pointsmand" adapt --config "$folder/Caddyfile" >"$tmp/got.json" 2>"$tmp/adapt.log" ||
        fail "adapt $folder"
    "$top_builddir/tests/adapt/json_same" "$folder/config.json" "$tmp/got.json" ||
        fail "$folder: the JSON differs"
    for file in Caddyfile config.json; do
        "$pointsmand" validate --config "$folder/$file" >"$tmp/validate.log" 2>&1 ||
            fail "validate $folder$file"
    done
done
[ $found -gt 0 ] || fail "no example found"
