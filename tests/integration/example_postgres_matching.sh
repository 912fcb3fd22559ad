#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example postgres_matching: psql with and without TLS, as users, for databases and with names of
# programs that may and that may not.
. "$(dirname "$0")/lib.sh"
need curl curl
. "$here/example.bash"
. "$here/postgres.bash"

hosts 192.168.50.1=postgres.internal db.example.com
other_machine 192.168.50.1
start_postgres 5432 192.168.50.1 "${there[@]}"
wait_until 60 "postgres" there_listening 5432
for database in sales stock catalogue secret; do
    "${there[@]}" psql -Xq "host=192.168.50.1 user=alice dbname=postgres" -c "create database $database" \
        2>>"$tmp/psql.log" || fail "no database"
done
"${there[@]}" psql -Xq "host=192.168.50.1 user=alice dbname=postgres" -c "create role bob login" \
    2>>"$tmp/psql.log" || fail "no user"
example postgres_matching

for mode in disable verify-full; do
    to="host=db.example.com sslmode=$mode"
    for who in "alice sales" "alice stock" "bob catalogue"; do
        same "${who% *} in ${who#* }" "$(answer "$to user=${who% *} dbname=${who#* }")" "psql, $mode"
    done
    same "bob in catalogue" "$(answer "$to user=bob dbname=catalogue application_name=pgAdmin")" \
        "pgAdmin, $mode"
    for refused in "user=bob dbname=sales" "user=alice dbname=secret" "user=alice dbname=catalogue" \
        "user=alice dbname=sales application_name=other"; do
        answer "$to $refused" && fail "$mode: $refused was let in"
    done
done
says "a database, on port 5432" https://db.example.com/
