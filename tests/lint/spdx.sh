#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every source file says its licence in its first line (the second, after #!).
. "$(dirname "$0")/lib.sh"

while read -r file; do
    case $file in
    *.c | *.h | *.sh | *.py | *.tap | *.am | *.ac | *.m4 | *.in | *.[1-9] | quickstart | .ci/run) ;;
    *) continue ;;
    esac
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' ||
        fault "$file: no SPDX-License-Identifier: BSD-2-Clause in its first lines"
done < <(text_files)
finish
