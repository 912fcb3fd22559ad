#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs a compiled test: run-program.sh PROGRAM. A fuzz target gets its corpus to replay.
set -u
name=$(basename "$1")
case $name in
fuzz_*) exec "$1" -runs=0 "$top_srcdir/tests/fuzz/corpus/${name#fuzz_}" ;;
*) exec "$1" ;;
esac
