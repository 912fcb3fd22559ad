#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every C file is as clang-format 14 with .clang-format would write it (`make format` does).
. "$(dirname "$0")/lib.sh"

tool=${CLANG_FORMAT:-$(command -v clang-format-14 || command -v clang-format)}
[ -n "$tool" ] || {
    echo "clang-format is missing (Debian: clang-format-14)"
    exit 77
}
case $("$tool" --version) in
*"version 14."*) ;;
*)
    echo "$tool is not version 14 (Debian: clang-format-14)"
    exit 77
    ;;
esac
c_files | xargs "$tool" --dry-run -Werror
