#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Covered lines by source file and in all: coverage.sh GCOV BUILDDIR, after the tests have run.
set -eu
gcov=$1
cd "$2"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
find "$PWD/common" "$PWD/daemon" "$PWD/ctl" -name '*.gcda' 2>/dev/null | while read -r file; do
    (cd "$tmp" && "$gcov" -n -o "$(dirname "$file")" "$file" 2>/dev/null)
done | awk -F"[':% ]+" '
    /^File / { file = $2; sub(/^.*\/(common|daemon|ctl)\//, "&", file) }
    /^Lines executed/ && match(file, /(common|daemon|ctl)\/.*\.c$/) {
        name = substr(file, RSTART)
        covered = $3 * $5 / 100
        if (!(name in lines) || covered > best[name]) best[name] = covered
        lines[name] = $5
        file = ""
    }
    END {
        for (name in lines) {
            printf "%6.1f%% %6d  %s\n", 100 * best[name] / lines[name], lines[name], name | "sort -n"
            sum += best[name]; all += lines[name]
        }
        close("sort -n")
        if (all) printf "%6.1f%% %6d  in all\n", 100 * sum / all, all
    }'
