#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every word that a table of the Caddyfile's adapters knows, an option, a directive, a kind of log,
# stands in a case of tests/adapt, whether it is taken or refused there.
. "$(dirname "$0")/lib.sh"

# The Caddyfiles alone: what stands above the verdicts.
written=$(awk 'FNR == 1 { own = 1 } /^----------( |$)/ && !/ file / { own = 0 } own' tests/adapt/*.txt |
    grep -aoE '[a-z0-9_]+' | LC_ALL=C sort -u)

for file in daemon/config/directive*.c daemon/config/*option*.c daemon/config/issuers.c \
    daemon/http/match_adapt.c daemon/handlers/proxy_adapt.c daemon/tls/*_adapt.c; do
    while read -r word; do
        grep -qx -- "$word" <<<"$written" || fault "$file: no case in tests/adapt writes '$word'"
    done < <(grep -oE '\{"[a-z0-9_]+", [^"]' "$file" | cut -d'"' -f2 | LC_ALL=C sort -u)
done
finish
