#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Random transactions while connections come and go, against a model; two writers with if_rev.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port) SECOND=$(free_port) A=$(free_port) B=$(free_port)
export LISTEN SECOND A B
config <<JSON
{"apps": {"layer4": {"servers": {
  "main": {"listen": ["127.0.0.1:$LISTEN", "127.0.0.1:$SECOND"], "routes": [
    {"@id": "last", "handle": [{"handler": "echo"}]}]},
  "back": {"listen": ["127.0.0.1:$A", "127.0.0.1:$B"], "routes": [{"handle": [{"handler": "echo"}]}]}
}}}}
JSON
daemon
timeout 120 "$python" "$here/transactions.py" "$sock" || fail "transactions.py"
running pointsmand || fail "the daemon ended"
