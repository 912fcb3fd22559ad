#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A client in Python, written from the protocol's header and page alone, against a daemon.
. "$(dirname "$0")/lib.sh"
need_python
for python in "$python" /usr/bin/python3; do
    "$python" -c 'import msgpack' 2>/dev/null && break
done
"$python" -c 'import msgpack' 2>/dev/null || skip "no Python module msgpack (Debian: python3-msgpack)"

LISTEN=$(free_port)
simple_server "$LISTEN" '[{"handler":"echo"}]' | config
daemon
"$python" "$here/control_client.py" "$sock" || fail "control_client.py"
running pointsmand || fail "the daemon ended"
