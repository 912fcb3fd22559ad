#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What 64 hostile clients of the control socket cost the connections: two daemons side by side, the
# flood at one of them, a connection with an echo through each in turn; then the flood at the other.
# Prints p50 and p99 of both and their ratio, and the memory of the one that is flooded.
#
#     tests/bench/control_flood.sh [SECONDS]     of each of the two rounds; 20 without
top_builddir=${top_builddir:-$PWD}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../integration" && pwd)
. "$here/lib.sh"
need_msgpack

seconds=${1:-20}
LEFT=$(free_port) RIGHT=$(free_port)
for side in left right; do
    simple_server "$([ $side = left ] && echo "$LEFT" || echo "$RIGHT")" '[{"handler":"echo"}]' |
        config $side.json
    start "pointsmand-$side" "$pointsmand" run --config "$tmp/$side.json" --workers 2 \
        --control "$tmp/$side.sock" --state "$tmp/$side"
done
for port in "$LEFT" "$RIGHT"; do
    wait_until 20 "port $port" listening "$port"
done
"$python" "$(dirname "${BASH_SOURCE[0]}")/control_flood.py" "$seconds" "$tmp" \
    "$LEFT" "${pids[pointsmand-left]}" "$RIGHT" "${pids[pointsmand-right]}"
