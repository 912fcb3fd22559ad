#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# psql through the port that all protocols share: plain, and with TLS that ends in the daemon.
. "$(dirname "$0")/lib.sh"
need psql postgresql-client
server=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[ -x "$server/postgres" ] || skip "postgres is missing (Debian: postgresql)"
need_root # to become the user postgres, as the server demands
need runuser util-linux
. "$here/mux.bash"

chmod 711 "$tmp"
install -d -o postgres "$tmp/pg"
runuser -u postgres -- "$server/initdb" -D "$tmp/pg/data" -A trust -U alice >"$tmp/initdb.log" 2>&1 ||
    fail "initdb"
start postgres runuser -u postgres -- "$server/postgres" -D "$tmp/pg/data" \
    -p "${server_port[postgres]}" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c ssl=off
mux_start
serving postgres

for mode in disable require verify-full; do
    same 42 "$(PGCONNECT_TIMEOUT=30 PGSSLROOTCERT=$root PSQLRC=/dev/null psql -XAtq \
        "host=localhost hostaddr=127.0.0.1 port=$MUX dbname=postgres sslmode=$mode user=alice" \
        -c 'select 6 * 7' 2>>"$tmp/psql.log")" "psql, sslmode=$mode"
done
wait_route postgres
wait_route postgres-tls postgres
