#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# insecure_secrets_log: the same secrets as openssl writes for the same session, in a file that
# nobody else may read, with a warning. Without it none.
. "$(dirname "$0")/lib.sh"
need openssl openssl

PORT=$(free_port) OTHER=$(free_port)
config <<JSON
{"apps": {
    "layer4": {"servers": {
        "logged": {"listen": ["127.0.0.1:$PORT"], "routes": [{"handle": [
            {"handler": "tls", "connection_policies": [{"insecure_secrets_log": "$tmp/secrets"}]},
            {"handler": "respond", "body": "yes"}]}]},
        "other": {"listen": ["127.0.0.1:$OTHER"], "routes": [{"handle": [
            {"handler": "tls"}, {"handler": "respond", "body": "yes"}]}]}}},
    "tls": {"certificates": {"automate": ["localhost"]}}
}}
JSON
"$pointsmand" validate --config "$tmp/config.json" >/dev/null 2>&1
[ -e "$tmp/secrets" ] && fail "validate wrote a file"
daemon
wait_log pointsmand 'insecure_secrets_log: whoever reads'
same 600 "$(stat -c %a "$tmp/secrets")" "the file's mode"

for version in -tls1_2 -tls1_3; do
    openssl s_client -connect "127.0.0.1:$PORT" -servername localhost "$version" \
        -keylogfile "$tmp/theirs" </dev/null >/dev/null 2>&1
    openssl s_client -connect "127.0.0.1:$OTHER" -servername localhost "$version" \
        </dev/null >/dev/null 2>&1
done
lines() { grep -E '^(CLIENT_RANDOM|(CLIENT|SERVER)_(HANDSHAKE_TRAFFIC_SECRET|TRAFFIC_SECRET_0)) ' "$1" | sort; }
lines "$tmp/theirs" >"$tmp/a"
lines "$tmp/secrets" >"$tmp/b"
same 5 "$(wc -l <"$tmp/a")" "secrets that openssl wrote"
cmp "$tmp/a" "$tmp/b" || fail "other secrets: $(cat "$tmp/a" "$tmp/b")"
exit 0
