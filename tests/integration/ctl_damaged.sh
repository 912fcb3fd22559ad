#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A daemon that is not what it should be: members are missing, or of other types, bytes are wrong,
# messages end in the middle. pointsctl says so, or prints what there is; it never crashes, and what it
# prints cannot steer a terminal.
. "$(dirname "$0")/lib.sh"
need_msgpack
cd "$here/golden" || exit 99 # for the files that commands name
"$python" "$here/ctl_damaged.py" "$pointsctl" "$sock" commands answers.json 600 || fail "ctl_damaged.py"
