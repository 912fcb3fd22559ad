# SPDX-License-Identifier: BSD-2-Clause
# For the tests with a PostgreSQL server of their own, which believes whoever somebody says to be.

need psql postgresql-client
postgres_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[ -x "$postgres_bin/postgres" ] || skip "postgres is missing (Debian: postgresql)"
need_root # to become the user postgres, as the server demands
need runuser util-linux

# start_postgres PORT [ADDRESS [COMMAND…]]: COMMAND… is put before the server's own. Its superuser is alice.
start_postgres() {
    chmod 711 "$tmp"
    install -d -o postgres "$tmp/pg"
    runuser -u postgres -- "$postgres_bin/initdb" -D "$tmp/pg/data" -A trust -U alice --no-sync \
        >"$tmp/initdb.log" 2>&1 || fail "initdb"
    echo "host all all all trust" >>"$tmp/pg/data/pg_hba.conf"
    start postgres "${@:3}" runuser -u postgres -- "$postgres_bin/postgres" -D "$tmp/pg/data" \
        -p "$1" -c listen_addresses="${2:-127.0.0.1}" -c unix_socket_directories= -c ssl=off -c fsync=off
}

# answer WORDS: of psql with this connection string to a question
answer() {
    PGCONNECT_TIMEOUT=30 PGSSLROOTCERT=$root PSQLRC=/dev/null psql -XAtq "$*" \
        -c "select current_user || ' in ' || current_database()" 2>>"$tmp/psql.log"
}
