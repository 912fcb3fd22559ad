#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `pointsmand schema` allows what the daemon loads, and refuses what it refuses for names and types.
. "$(dirname "$0")/lib.sh"
need_python
for python in "$python" /usr/bin/python3; do
    "$python" -c 'import jsonschema' 2>/dev/null && break
done
"$python" -c 'import jsonschema' 2>/dev/null ||
    skip "no Python module jsonschema (Debian: python3-jsonschema)"

"$pointsmand" schema >"$tmp/schema.json" || fail "schema"
"$python" "$here/schema.py" "$pointsmand" "$tmp/schema.json" "$top_srcdir" || fail "the schema and the loader differ"
"$pointsmand" schema extra >"$tmp/usage.log" 2>&1
same 2 $? "a word too many"
