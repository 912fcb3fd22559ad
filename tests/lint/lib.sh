# SPDX-License-Identifier: BSD-2-Clause
# For the lints: each runs in the source tree, says every fault with its place, and ends with
# `finish`. $top_srcdir is set by make; by hand it is found from the script's own place.

set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 99

faults=0

fault() {
    echo "$*" >&2
    faults=$((faults + 1))
}

# The project's C files.
c_files() {
    find common include daemon ctl tests -name '*.[ch]' 2>/dev/null | LC_ALL=C sort
}

# Everything that people wrote, without what the build makes.
text_files() {
    find . \( -name .git -o -name 'build*' -o -name autom4te.cache -o -name __pycache__ \
        -o -name _build -o -name _inst \
        -o -path ./tests/fuzz/corpus \) -prune -o -type f \
        ! -name configure ! -name 'configure~' ! -name 'Makefile.in' ! -name aclocal.m4 \
        ! -name 'config.h.in' ! -name 'config.h.in~' ! -name 'config.log' ! -name '*.tar.xz' \
        ! -name compile_commands.json -print |
        sed 's|^\./||' | LC_ALL=C sort
}

finish() {
    [ "$faults" = 0 ] || {
        echo "$faults fault(s)" >&2
        exit 1
    }
    exit 0
}
