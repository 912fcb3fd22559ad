#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example tls_alpn_routing: what a client offers chooses the server, on the port of layer 4 alone and
# on that of the sites.
. "$(dirname "$0")/lib.sh"
need curl curl
need openssl openssl
need_python
. "$here/example.bash"

hosts 192.168.50.1=game.internal 192.168.50.2=dns.internal 192.168.50.3=database.internal \
    192.168.50.4=web.internal www.example.com
other_machine 192.168.50.1 192.168.50.2 192.168.50.3 192.168.50.4
certificate_for www.example.com
page game 192.168.50.1 443 "$tmp/server.key" "$tmp/server.pem"
page dns 192.168.50.2 853 "$tmp/server.key" "$tmp/server.pem"
page database 192.168.50.3 5432 "$tmp/server.key" "$tmp/server.pem"
page web 192.168.50.4 443 "$tmp/server.key" "$tmp/server.pem"
example tls_alpn_routing

# offers PORT SERVER ALPN…: a client that offers these protocols reaches this server
offers() {
    local port=$1 server=$2
    shift 2
    same "$server" "$(printf 'GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n' |
        in_tls "$port" www.example.com -ign_eof "$@" | tail -n 1)" "port $port, $*"
}
says "the site" https://www.example.com/
offers 443 "the site" -alpn http/1.1
offers 443 "the site"
site_root=$root
root=$tmp/server.pem
for port in 4430 443; do
    offers $port game -alpn game/1
    offers $port game -alpn dot,game/1
    offers $port dns -alpn dot
    offers $port database -alpn h2,postgresql
done
offers 4430 web -alpn h2,http/1.1
offers 4430 web
refused http://127.0.0.1:4430/
root=$site_root
in_tls 443 www.example.com -alpn game/2 </dev/null && fail "a protocol that nobody speaks"
wait_log pointsmand 'server=srv0 .*dst=127.0.0.1:4430 .*upstream=tcp/game.internal:443'
