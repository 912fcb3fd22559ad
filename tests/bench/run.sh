#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What traffic costs here and in other proxies, side by side; see README.md beside this.
. "$(dirname "$0")/../integration/lib.sh"
need_python
need openssl openssl

PYTHONPATH=$here/../bench "$python" "$here/../bench/compare.py" "$pointsmand" "$top_builddir/tests/bench" \
    $(for _ in {1..30}; do free_port; done) || fail "figures are missing"
