#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every example's Caddyfile adapts to exactly its JSON, and both load, with nothing but the example's
# own folder. Each has a page.
. "$(dirname "$0")/lib.sh"

found=0
for folder in "$top_srcdir"/examples/*/; do
    name=$(basename "$folder")
    found=$((found + 1))
    cd "$folder" || fail "no folder $folder"
    for file in Caddyfile config.json README.md; do
        [ -f $file ] || fail "examples/$name has no $file"
    done
    "$pointsmand" adapt --config Caddyfile >"$tmp/got.json" 2>"$tmp/adapt.log" || fail "adapt $name"
    "$top_builddir/tests/adapt/json_same" config.json "$tmp/got.json" || fail "$name: the JSON differs"
    "$pointsmand" fmt Caddyfile 2>"$tmp/fmt.log" | cmp -s - Caddyfile || fail "$name: not as fmt writes it"
    for file in Caddyfile config.json; do
        "$pointsmand" validate --config $file >"$tmp/validate.log" 2>&1 || fail "validate $name/$file"
    done
    grep -qF "($name/README.md)" ../README.md || fail "examples/README.md: no link to $name"
done
[ $found -gt 0 ] || fail "no example found"
