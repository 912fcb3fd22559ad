#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What has no place in the repository: paths of one machine, notes to oneself, blanks at a line's
# end. The words are put together here so that this file does not find itself.
. "$(dirname "$0")/lib.sh"

slash=/
machine="(^|[^[:alnum:]_.-])${slash}(work|home${slash}[a-z]+|root|tmp${slash}(pm|ref)[a-z]*)(${slash}|\$)"
notes='\b(TO''DO|FIX''ME|XX''X)\b'

while read -r file; do
    grep -nE "$machine" "$file" | sed "s|^|$file:|" >&2
    faults=$((faults + $(grep -cE "$machine" "$file")))
    case $file in
    LICENSE | *.md | *.pem | *.bin) ;;
    *)
        grep -nE "$notes" "$file" | sed "s|^|$file:|" >&2
        faults=$((faults + $(grep -cE "$notes" "$file")))
        ;;
    esac
    case $file in
    *.c | *.h | *.sh | *.py | *.tap | Makefile.am | configure.ac)
        grep -nE '[[:space:]]+$' "$file" | sed "s|^|$file:|;s|\$|<- blanks at the end|" >&2
        faults=$((faults + $(grep -cE '[[:space:]]+$' "$file")))
        ;;
    esac
done < <(text_files)
finish
