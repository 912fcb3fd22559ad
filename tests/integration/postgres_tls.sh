#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# psql with TLS, ended by postgres_tls and tls, matched again by its user, to a server that has no
# TLS. Without TLS psql takes another route.
. "$(dirname "$0")/lib.sh"
need_python
need psql postgresql-client
server=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[ -x "$server/postgres" ] || skip "postgres is missing (Debian: postgresql)"
need_root # to become the user postgres, as the server demands
need runuser util-linux

LISTEN=$(free_port) SERVER=$(free_port) BARE=$(free_port)
export BARE
chmod 711 "$tmp"
install -d -o postgres "$tmp/pg"
runuser -u postgres -- "$server/initdb" -D "$tmp/pg/data" -A trust -U alice >"$tmp/initdb.log" 2>&1 ||
    fail "initdb"
start postgres runuser -u postgres -- "$server/postgres" -D "$tmp/pg/data" -p "$SERVER" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c ssl=off

config <<JSON
{"apps": {
    "layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
        {"match": [{"postgres": {"tls": "enabled"}}], "handle": [
            {"handler": "postgres_tls"},
            {"handler": "tls"},
            {"handler": "subroute", "routes": [
                {"match": [{"postgres": {"user": {"alice": ["postgres"]}}}], "handle": [
                    {"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$SERVER"]}]}]}]}]},
        {"match": [{"postgres": {"user": {"alice": ["template1"]}}}], "handle": [
            {"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$SERVER"]}]}]},
        {"handle": [{"handler": "postgres_tls"}]}]},
        "bare": {"listen": ["127.0.0.1:$BARE"], "routes": [{"handle": [
            {"handler": "postgres_tls"}, {"handler": "echo"}]}]}
    }},
    "tls": {"certificates": {"automate": ["localhost"]},
        "automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]}}
}}
JSON
daemon
ctl ca root >"$tmp/root.pem" || fail "no root certificate"
wait_until 30 "the server" listening "$SERVER"

ask() { # DATABASE SSLMODE USER
    PGCONNECT_TIMEOUT=30 PGSSLROOTCERT=$tmp/root.pem PSQLRC=/dev/null psql -XAtq \
        "host=localhost hostaddr=127.0.0.1 port=$LISTEN dbname=$1 sslmode=$2 user=$3" \
        -c 'select 6 * 7' 2>>"$tmp/psql.log"
}

same 42 "$(ask postgres verify-full alice)" "with TLS"
same 42 "$(ask postgres require alice)" "with TLS, unverified"
same 42 "$(ask template1 disable alice)" "without TLS"
ask postgres verify-full bob && fail "bob has no route"
ask postgres disable alice && fail "postgres_tls takes plain startup messages"
wait_log pointsmand 'end=protocol .*does not ask for TLS'

# However the requests are cut, and with what follows them at once.
"$python" - <<'PY' || fail "requests"
from peers import *

ssl_request, gss_request = bytes.fromhex("0000000804d2162f"), bytes.fromhex("0000000804d21630")

for cut in range(9):
    client = connect(port("BARE"))
    client.sendall(gss_request[:cut])
    client.sendall(gss_request[cut:])
    expect(client, b"N")
    client.sendall(ssl_request[:cut])
    client.sendall(ssl_request[cut:] + b"more")
    expect(client, b"Smore")

client = connect(port("BARE"))
client.sendall(gss_request * 2)
expect(client, b"N")
expect_closed(client)

for wrong in (b"GET / HTTP/1.1\r\n", bytes(8), ssl_request[:7]):
    client = connect(port("BARE"))
    client.sendall(wrong)
    client.shutdown(socket.SHUT_WR)
    expect_closed(client)
PY
wait_until 30 "the end of all connections" no_connections
