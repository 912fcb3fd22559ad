#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every command, and each of its options, once as it should be and once as it should not: exit codes,
# the JSON of both. Commands and options are those that pointsctl itself tells; one that the tables of
# ctl_options.py do not know fails the test.
. "$(dirname "$0")/ctl_lib.sh"
need_module jsonschema

port=$(free_port) other=$(free_port)
export PORT=$port OTHER=$other
config <<JSON
{"apps": {
  "layer4": {"servers": {"main": {"listen": ["127.0.0.1:$port"], "routes": [
    {"@id": "web", "match": [{"http": []}], "handle": [{"handler": "subroute", "routes": [
      {"@id": "inner", "handle": [{"handler": "proxy", "upstreams": [
        {"@id": "one", "dial": ["127.0.0.1:9"]}, {"dial": ["127.0.0.1:19"]}]}]}]}]},
    {"@id": "echo", "handle": [{"handler": "echo"}]}]}}},
  "http": {"servers": {"site": {"listen": ["127.0.0.1:$(free_port)"], "listener_wrappers": [
    {"wrapper": "layer4", "routes": []}]}}},
  "tls": {"automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
          "certificates": {"automate": ["localhost"], "load_files": [
            {"certificate": "$tmp/site.pem", "key": "$tmp/site.key"}]}}}}
JSON
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=site.example \
    -addext subjectAltName=DNS:site.example -days 2 -keyout "$tmp/site.key" -out "$tmp/site.pem" 2>/dev/null ||
    skip "openssl makes no certificate (Debian: openssl)"
daemon
managed() {
    ctl -j cert show localhost 2>/dev/null | grep -q '"state":"valid"'
}
wait_until 20 "the certificate of localhost" managed

exec 8<>"/dev/tcp/127.0.0.1/$port"
echo hello >&8 && read -r <&8
CONN=$(ctl -o name conn ls)
export CONN
"$python" "$here/ctl_options.py" "$pointsctl" "$sock" "$tmp" "$calls" || fail "ctl_options.py"
exec 8>&-
