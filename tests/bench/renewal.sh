#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Whether renewals delay connections: two daemons side by side with 1,000 managed names each, of
# which one renews all of them again and again; a message and its answer over TLS connections to
# each in turn. Prints how long those took, and of each thread (the first is the control thread, then
# come the workers) how long it was on a CPU and how long it waited for one. As root the workers and
# the client go before all others, so that what is measured is not the wait for a CPU.
#
#     tests/bench/renewal.sh [SECONDS]     20 without
top_builddir=${top_builddir:-$PWD}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../integration" && pwd)
. "$here/lib.sh"
need_msgpack

names=$(seq -f '"h%g.example.net"' -s, 1000)
start_side() { # NAME PORT
    config "$1.json" <<EOF_
{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:$2"],
    "routes":[{"handle":[{"handler":"tls"},{"handler":"echo"}]}]}}},
  "tls":{"certificates":{"automate":[$names]},
    "automation":{"policies":[{"issuers":[{"module":"internal"}]}]}}}}
EOF_
    start "pointsmand-$1" "$pointsmand" run --config "$tmp/$1.json" --workers 2 \
        --control "$tmp/$1.sock" --state "$tmp/$1"
    wait_until 60 "port $2" listening "$2"
}
RENEWING=$(free_port) QUIET=$(free_port)
start_side renewing "$RENEWING"
start_side quiet "$QUIET"
"$python" "$(dirname "${BASH_SOURCE[0]}")/renewal.py" "${1:-20}" "$tmp" \
    "$RENEWING" "${pids[pointsmand-renewing]}" "$QUIET" "${pids[pointsmand-quiet]}"
