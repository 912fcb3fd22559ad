#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A client in Python, written from the protocol's header and page alone, against a daemon.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port)
config <<EOF
{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:$LISTEN"],"routes":[
    {"@id":"db","match":[{"postgres":{}}],"handle":[{"handler":"proxy","upstreams":[{"dial":["127.0.0.1:9"]}]}]},
    {"@id":"all","handle":[{"handler":"echo"}]}]}}},
  "tls":{"certificates":{"automate":["localhost"]}}}}
EOF
daemon
for file in control_client control_changes; do
    "$python" "$here/$file.py" "$sock" "$LISTEN" || fail "$file.py"
    running pointsmand || fail "the daemon ended"
done
