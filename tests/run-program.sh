#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs a compiled test: run-program.sh PROGRAM. A fuzz target gets its corpus to replay.
set -u
# A busy machine may take its time. Check's own default is 4 seconds.
export CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-60}
name=$(basename "$1")
case $name in
fuzz_*) exec "$1" -runs=0 "$top_srcdir/tests/fuzz/corpus/${name#fuzz_}" ;;
*) exec "$1" ;;
esac
