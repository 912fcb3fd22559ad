#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Malformed, stalled and flooding clients, 64 of them, on the control socket while connections run:
# none of these fails, the daemon's memory stays within 2 MiB, and everything is answered afterwards.
. "$(dirname "$0")/lib.sh"
need_python
need_msgpack

LISTEN=$(free_port)
export LISTEN
simple_server "$LISTEN" '[{"handler":"echo"}]' | config
daemon
"$python" "$here/control_flood.py" test "$sock" "${pids[pointsmand]}" || fail "control_flood.py"
running pointsmand || fail "the daemon ended"
