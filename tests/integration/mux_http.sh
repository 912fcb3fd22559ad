#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# curl through the port that all protocols share: HTTP/1 and HTTP/2, plain and in TLS, directly and
# through the SOCKS 5 server behind it.
. "$(dirname "$0")/lib.sh"
need_python
need curl curl
need nghttpd nghttp2-server
. "$here/mux.bash"

mkdir "$tmp/www"
echo "a page" >"$tmp/www/page"
start http "$python" -u -m http.server --bind 127.0.0.1 --directory "$tmp/www" "${server_port[http]}"
start http2 nghttpd -a 127.0.0.1 --no-tls -d "$tmp/www" "${server_port[http2]}"
mux_start
serving http
serving http2

get() { # VERSION URL [OPTION…]
    local version=$1 url=$2
    shift 2
    same "a page $version" "$(curl -sS --max-time 30 --noproxy '' --cacert "$root" -w '%{http_version}' \
        --connect-to "www.example.com:$MUX:127.0.0.1:$MUX" "$@" "$url" 2>>"$tmp/curl.log" |
        tr '\n' ' ')" "curl $* $url"
}

plain=http://127.0.0.1:$MUX/page
secure=https://www.example.com:$MUX/page
get 1 "$plain"
get 2 "$plain" --http2-prior-knowledge
get 1 "$secure" --http1.1
get 2 "$secure" --http2
wait_route http
wait_route h2c http2
wait_route tls http2
wait_route tls http

# The proxy leads back to the same port.
get 1 "$plain" --socks5 "alice:secret@127.0.0.1:$MUX"
get 2 "$plain" --http2-prior-knowledge --socks5-hostname "alice:secret@127.0.0.1:$MUX"
wait_log pointsmand 'route=socks5 '
