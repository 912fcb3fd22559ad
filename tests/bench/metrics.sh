#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How long a scrape of the admin listener takes with 1,000 routes that all have had connections, and
# how much of it is CPU time of the control thread, which does nothing else meanwhile.
. "$(dirname "$0")/../integration/lib.sh"
need_python

LISTEN=$(free_port) ADMIN=$(free_port)
export LISTEN ADMIN
"$python" - <<'PY' | config
import json, os
routes = [{"@id": f"route-{i}", "match": [{"remote_ip": {"ranges": [f"127.1.{i // 200}.{i % 200 + 1}"]}}],
           "handle": [{"handler": "proxy", "upstreams": [{"dial": [f"127.0.0.1:{10000 + i}"]}]}]}
          for i in range(1000)]
print(json.dumps({"admin": {"listen": "127.0.0.1:" + os.environ["ADMIN"]}, "apps": {"layer4": {"servers": {
    "main": {"listen": ["127.0.0.1:" + os.environ["LISTEN"]], "routes": routes}}}}}))
PY
daemon
export DAEMON=${pids[pointsmand]}

"$python" - <<'PY' || fail "bench"
import statistics
from admin import *

for i in range(1000):
    s = connect(port("LISTEN"), (f"127.1.{i // 200}.{i % 200 + 1}", 0))
    expect_end(s)
    s.close()

def cpu():
    with open(f"/proc/{os.environ['DAEMON']}/task/{os.environ['DAEMON']}/schedstat") as f:
        return int(f.read().split()[0]) / 1e6

def scrape():
    began, busy = time.monotonic(), cpu()
    status, fields, body = get(("127.0.0.1", port("ADMIN")), "/metrics", "application/openmetrics-text")
    assert status == 200 and body.count(b"\n") > 20000, (status, len(body))
    return (time.monotonic() - began) * 1000, cpu() - busy, len(body)

taken = [scrape() for _ in range(30)]
wall, busy, size = (statistics.median(column) for column in zip(*taken))
print(f"1,000 routes: {size / 1e6:.1f} MB, {wall:.1f} ms, of these {busy:.1f} ms CPU time")
PY
