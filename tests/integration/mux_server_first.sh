#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Protocols in which the server speaks first, through the port that all protocols share: MariaDB by
# the address that the client came to, SMTP otherwise.
. "$(dirname "$0")/lib.sh"
need_root # to become the user mysql
need_python
need mariadbd mariadb-server
need mariadb mariadb-client
need swaks swaks
need runuser util-linux
"$python" -W ignore -c 'import smtpd' 2>/dev/null || skip "python3 has no module smtpd (Debian 12: python3)"
. "$here/mux.bash"

chmod 711 "$tmp"
install -d -o mysql "$tmp/mysql"
runuser -u mysql -- mariadb-install-db --no-defaults --datadir="$tmp/mysql/data" --tmpdir="$tmp/mysql" \
    --auth-root-authentication-method=normal --skip-test-db >"$tmp/install.log" 2>&1 ||
    fail "mariadb-install-db"
start mysql runuser -u mysql -- mariadbd --no-defaults --datadir="$tmp/mysql/data" --bind-address=127.0.0.1 \
    --tmpdir="$tmp/mysql" --port="${server_port[mysql]}" --socket="$tmp/mysql/sock" --pid-file="$tmp/mysql/pid"
start smtp "$python" -W ignore -u -m smtpd -n -c DebuggingServer "127.0.0.1:${server_port[smtp]}"
mux_start
serving mysql
serving smtp

same 42 "$(mariadb --no-defaults --protocol=tcp -h 127.0.0.2 -P "$MUX" -u root --connect-timeout=20 -BN \
    -e 'select 6 * 7' 2>"$tmp/mariadb.log")" "mariadb"
timeout 60 swaks --server 127.0.0.1 --port "$MUX" --from alice@example.com --to bob@example.com \
    --body 'through the mux' >"$tmp/swaks.log" 2>&1 || fail "swaks"
wait_log smtp 'through the mux'
wait_route mysql
wait_route smtp
