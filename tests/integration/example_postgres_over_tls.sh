#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example postgres_over_tls: psql in TLS that begins at once, and curl at the same name and port.
# Debian 12 has a libpq that cannot do this by itself: openssl speaks TLS for it.
. "$(dirname "$0")/lib.sh"
need curl curl
need openssl openssl
need socat socat
. "$here/example.bash"
. "$here/postgres.bash"

hosts db.example.com
start_postgres 5432
wait_until 60 "postgres" listening 5432
example postgres_over_tls

tunnel() { # PORT ALPN
    start "tunnel-$1" socat "TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr,fork" \
        "EXEC:openssl s_client -quiet -verify_quiet -verify_return_error -CAfile $root \
-verify_hostname db.example.com -servername db.example.com -connect 127.0.0.1\\:443 -alpn $2"
    wait_until 30 "the tunnel" listening "$1"
}
tunnel 6001 postgresql
tunnel 6002 http/1.1
to="host=127.0.0.1 sslmode=disable user=alice dbname=postgres"
same "alice in postgres" "$(answer "$to port=6001")" "psql"
answer "$to port=6002" && fail "psql where a browser would be"
says "a web site" https://db.example.com/
says "a web site" --http1.1 https://db.example.com/
wait_log pointsmand 'upstream=tcp/localhost:5432 .*alpn=postgresql'
