# SPDX-License-Identifier: BSD-2-Clause
# Completion of pointsctl for fish. What may come next is pointsctl's own knowledge; here it is put
# into words.

function __pointsctl_candidates
    set -l words (commandline -opc)
    set -l word (commandline -ct | string unescape)
    set -l lines ($words[1] completion words -- $words[2..] "$word" 2>/dev/null)

    if test "$lines[1]" = files
        set -l prefix (string match -r '^--[^=]*=' -- "$word")
        __fish_complete_path (string sub -s (math (string length -- "$prefix") + 1) -- "$word") |
            string replace -r '^' -- "$prefix"
    end
    printf '%s\n' $lines[2..]
end

complete -c pointsctl -f -a '(__pointsctl_candidates)'
