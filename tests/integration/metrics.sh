#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Metrics, as a strict parser of OpenMetrics and as Prometheus read them: the numbers are those of
# pointsctl stats, names from the document cannot break a line, and there are as many series as
# the document has things.
. "$(dirname "$0")/ctl_lib.sh"
/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
    skip "no Python module prometheus_client (Debian: python3-prometheus-client)"

LISTEN=$(free_port) PARTS=$(free_port) ECHO=$(free_port) ADMIN=$(free_port) SCRAPER=$(free_port)
export LISTEN PARTS ECHO ADMIN
config <<JSON
{"admin": {"listen": "127.0.0.1:$ADMIN"},
 "apps": {
    "layer4": {"servers": {
        "odd \"\\\\ name\n": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
            {"@id": "a{b=\"c\"} 5\n# EOF", "match": [{"regexp": {"pattern": "^part"}}], "handle": [
                {"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$ECHO"]}]}]},
            {"@id": "dynamic", "match": [{"regexp": {"pattern": "^name"}}], "handle": [
                {"handler": "proxy", "upstreams": [{"dial": ["{l4.conn.remote_ip}:$ECHO"], "allow_local": true}]}]}]},
        "echo": {"listen": [":$ECHO"], "routes": [{"@id": "echo", "handle": [{"handler": "echo"}]}]}}}
}}
JSON
daemon

"$python" - <<'PY' || fail "the traffic"
from peers import *
for i in range(20):
    s = connect(port("LISTEN"), ("127.0.0.%d" % (i + 2), 0))
    s.sendall(b"name")
    expect(s, b"name")
    s.close()
for _ in range(7):
    s = connect(port("LISTEN"))
    s.sendall(b"part" * 100)
    expect(s, b"part" * 100)
    s.close()
PY
wait_until 20 "the end of the connections" no_connections

cat >"$tmp/parse.py" <<'PY'
"""parse.py FILE: by the strict parser; {(name, labels): value}."""
import sys
from prometheus_client.openmetrics import parser

def samples(path):
    out = {}
    for family in parser.text_string_to_metric_families(open(path).read()):
        assert family.documentation and family.type != "unknown", family.name
        for s in family.samples:
            key = s.name, tuple(sorted(s.labels.items()))
            assert key not in out, key
            out[key] = s.value
    return out
PY
cat >"$tmp/check.py" <<'PY'
import json, os, sys
from parse import samples
metrics = samples(sys.argv[1])
stats = json.load(open(sys.argv[2]))
SUFFIXES = {"connections": "connections_total", "active": "connections_active",
            "bytes_in": "received_bytes_total", "bytes_out": "sent_bytes_total",
            "passed": "passed_total", "dials": "dials_total"}
for row in stats["items"]:
    kind = row["kind"]
    labels = {} if kind == "daemon" else {kind: row["name"]}
    if row["server"] is not None:
        labels["server"] = row["server"]
    prefix = "pointsman_" if kind == "daemon" else f"pointsman_{kind}_"
    def value(name, **more):
        return metrics[prefix + name, tuple(sorted({**labels, **more}.items()))]
    for key, name in SUFFIXES.items():
        if key in row:
            assert value(name) == row[key], (labels, name, row[key])
    for reason, count in row["ends"].items():
        assert value("ends_total", reason=reason) == count, (labels, reason)
    if "no" in row:
        verdicts = {"yes": row["connections"], "no": row["no"], "more": row["more"]}
        assert all(value("verdicts_total", verdict=v) == n for v, n in verdicts.items()), labels
    if sum(row.get("durations", [0])) > 0:
        assert value("duration_seconds_count") == sum(row["durations"]), labels
        assert value("duration_seconds_bucket", le="+Inf") == sum(row["durations"]), labels
        assert value("duration_seconds_bucket", le="10.0") == sum(row["durations"][:5]), labels
        assert abs(value("duration_seconds_sum") - row["durations_sum"]) < 1e-5, labels
rows = {(r["kind"], r["name"]): r for r in stats["items"]}
assert rows["upstream", "(dynamic)"]["connections"] == 20, rows
assert rows["upstream", "tcp/127.0.0.1:" + os.environ["ECHO"]]["bytes_in"] == 2800
assert rows["route", 'a{b="c"} 5\n# EOF']["connections"] == 7
assert len([r for r in stats["items"] if r["kind"] == "upstream"]) == 2, "one for many addresses"
print(len(metrics), "series")
PY
code 0 -j stats
mv "$tmp/out" "$tmp/stats.json"
code 0 metrics
PYTHONPATH=$tmp /usr/bin/python3 "$tmp/check.py" "$tmp/out" "$tmp/stats.json" || fail "not as stats says"
mv "$tmp/out" "$tmp/metrics.txt"
code 0 -j metrics
"$python" -c 'import json, sys
assert json.load(open(sys.argv[1]))["text"] == open(sys.argv[2]).read()' "$tmp/out" "$tmp/metrics.txt" || fail "metrics -j"

# The same by HTTP, but for the connection that asks.
"$python" -c 'import sys
from admin import *
open(sys.argv[1], "wb").write(get(("127.0.0.1", port("ADMIN")), "/metrics", "application/openmetrics-text")[2])' "$tmp/http.txt" ||
    fail "/metrics"
cmp "$tmp/metrics.txt" "$tmp/http.txt" || fail "/metrics says something else"

# --- Prometheus --------------------------------------------------------------------------------
need prometheus prometheus
cat >"$tmp/prometheus.yml" <<YAML
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: pointsman
    static_configs: [{targets: ["127.0.0.1:$ADMIN"]}]
YAML
start prometheus prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/prometheus" \
    --web.listen-address="127.0.0.1:$SCRAPER"
cat >"$tmp/query.py" <<'PY'
"""query.py PORT QUERY WANT"""
import json, sys, urllib.parse, urllib.request
query = urllib.parse.urlencode({"query": sys.argv[2]})
answer = json.load(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/api/v1/query?{query}", timeout=10))
values = [r["value"][1] for r in answer["data"]["result"]]
sys.exit(values != [sys.argv[3]])
PY
query() { # QUERY WANT
    wait_until 60 "Prometheus: $1 is $2" "$python" "$tmp/query.py" "$SCRAPER" "$1" "$2" 2>/dev/null
}
query up 1
query 'pointsman_listener_connections_total{listener="tcp/127.0.0.1:'"$LISTEN"'"}' 27
query 'pointsman_upstream_connections_total{upstream="(dynamic)"}' 20
query 'sum(pointsman_route_sent_bytes_total{server!="echo"})' 2880
query 'count({__name__=~"pointsman_route_connections_total"})' 3
query 'pointsman_route_duration_seconds_bucket{route="echo",le="+Inf"}' 27
