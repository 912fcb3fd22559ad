#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A client in Python, written from the protocol's header and page alone, against a daemon.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port)
simple_server "$LISTEN" '[{"handler":"echo"}]' | config
daemon
"$python" "$here/control_client.py" "$sock" || fail "control_client.py"
running pointsmand || fail "the daemon ended"
