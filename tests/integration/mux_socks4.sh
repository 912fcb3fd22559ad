#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# curl through the port that all protocols share to OpenSSH as a SOCKS 4 server, by address (4) and by
# name (4a).
. "$(dirname "$0")/lib.sh"
need_python
need curl curl
. "$here/mux.bash"
need_sshd

SSHD=$(free_port)
mkdir "$tmp/www"
echo "a page" >"$tmp/www/page"
start http "$python" -u -m http.server --bind 127.0.0.1 --directory "$tmp/www" "${server_port[http]}"
start_sshd "$SSHD"
wait_until 30 "sshd" listening "$SSHD"
start socks4 ssh "${ssh_options[@]}" -N -D "127.0.0.1:${server_port[socks4]}" -p "$SSHD" root@127.0.0.1
mux_start
serving http
serving socks4

get() { # OPTION…
    same "a page" "$(curl -sS --max-time 30 --noproxy '' "$@" 2>>"$tmp/curl.log")" "curl $*"
}

# The proxy leads back to the same port.
get --socks4 "127.0.0.1:$MUX" "http://127.0.0.1:$MUX/page"
get --socks4a "127.0.0.1:$MUX" "http://127.0.0.1:$MUX/page"
get --socks4a "127.0.0.1:$MUX" "http://localhost:${server_port[http]}/page"
wait_route socks4
wait_route http
