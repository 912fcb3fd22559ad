#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What every change does with the connections on what it takes away: with --existing keep they go on,
# with kill they end, with drain after its time; those on what stays are never touched. The answer
# says how many, in JSON and in text, and so does a dry run before it.
. "$(dirname "$0")/lib.sh"
need_python

ONE=$(free_port) TWO=$(free_port) MORE=$(free_port) A=$(free_port) B=$(free_port)
export ONE TWO MORE A B CTL=$pointsctl SOCK=$sock TMP=$tmp DAEMON
config <<JSON
{"apps": {"layer4": {"servers": {
  "main": {"listen": ["127.0.0.1:$ONE", "127.0.0.1:$TWO"], "routes": [
    {"@id": "web", "match": [{"remote_ip": {"ranges": ["127.0.0.2"]}}], "handle": [{"handler": "proxy",
      "load_balancing": {"selection": {"policy": "first"}},
      "upstreams": [{"@id": "a", "dial": ["127.0.0.1:$A"]}, {"@id": "b", "dial": ["127.0.0.1:$B"]}]}]},
    {"@id": "rest", "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$A"]}]}]}]},
  "more": {"listen": ["127.0.0.1:$MORE"], "routes": [{"@id": "echo", "handle": [{"handler": "echo"}]}]}}}}}
JSON
cp "$tmp/config.json" "$tmp/base.json"
daemon
DAEMON=${pids[pointsmand]}
"$python" "$here/existing.py" || fail "existing.py"
