#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A reload reads again the files that a route names, though the document has not changed: whose
# authority has been taken away must not come in. A change of something else reads nothing. The same
# for sites, and for {file.PATH}.
. "$(dirname "$0")/lib.sh"
need curl curl
need openssl openssl
need_python

authority() { # NAME: an authority and a client's certificate of it
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1 CA" \
        -keyout "$tmp/$1_ca.key" -out "$tmp/$1_ca.pem" 2>/dev/null &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
            -keyout "$tmp/$1.key" -out "$tmp/$1.csr" 2>/dev/null &&
        openssl x509 -req -in "$tmp/$1.csr" -CA "$tmp/$1_ca.pem" -CAkey "$tmp/$1_ca.key" \
            -CAcreateserial -days 2 -out "$tmp/$1.pem" 2>/dev/null || fail "no certificate for $1"
}
authority old
authority new
cp "$tmp/old_ca.pem" "$tmp/trusted.pem"

LISTEN=$(free_port) SITE=$(free_port) PLAIN=$(free_port)
printf 'a text\r\n' >"$tmp/text"
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "closed", "handle": [
      {"handler": "tls", "connection_policies": [{"client_authentication":
        {"ca": {"provider": "file", "pem_files": ["$tmp/trusted.pem"]}}}]},
      {"handler": "respond", "body": "hello"}]}]},
    "plain": {"listen": ["127.0.0.1:$PLAIN"], "routes": [
      {"handle": [{"handler": "respond", "body": "<{file.$tmp/text}{file.$tmp/none}>"}]}]}}},
  "http": {"servers": {"site": {"listen": ["127.0.0.1:$SITE"],
    "tls_connection_policies": [{"client_authentication":
      {"ca": {"provider": "file", "pem_files": ["$tmp/trusted.pem"]}}}],
    "routes": [{"match": [{"host": ["localhost"]}],
      "handle": [{"handler": "static_response", "body": "site"}]}]}}},
  "tls": {"automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
    "certificates": {"automate": ["localhost"]}}}}
JSON
daemon

says() { # CLIENT: what it is told
    timeout 20 openssl s_client -quiet -connect "127.0.0.1:$LISTEN" -servername localhost \
        -cert "$tmp/$1.pem" -key "$tmp/$1.key" </dev/null 2>/dev/null
}

site() { # CLIENT: the same of the site
    curl -sk --http1.1 --max-time 20 --resolve "localhost:$SITE:127.0.0.1" --cert "$tmp/$1.pem" \
        --key "$tmp/$1.key" "https://localhost:$SITE/"
}
plain() {
    "$python" -c 'import socket, sys
print(socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20).makefile().read())' "$PLAIN"
}

same hello "$(says old)" "the old authority's"
same site "$(site old)" "the old authority's at a site"
same "" "$(says new)" "the new authority's, too early"
same "" "$(site new)" "the new authority's at a site, too early"
same "<a text>" "$(plain)" "the text of a file"
wait_log pointsmand "\{file.$tmp/none\} stands for nothing: cannot open"
cp "$tmp/new_ca.pem" "$tmp/trusted.pem"
echo another >"$tmp/text"
ctl route add --server main <<<'{"@id": "other", "handle": [{"handler": "close"}]}' >/dev/null ||
    fail "no route added"
same hello "$(says old)" "the old authority's after a change elsewhere"
same site "$(site old)" "the old authority's at a site after a change elsewhere"
same "<a text>" "$(plain)" "the text of a file after a change elsewhere"
ctl config reload >/dev/null || fail "no reload"
same "" "$(says old)" "the old authority's after a reload"
same hello "$(says new)" "the new authority's after a reload"
same "" "$(site old)" "the old authority's at a site after a reload"
same site "$(site new)" "the new authority's at a site after a reload"
same "<another>" "$(plain)" "the text of a file after a reload"
ctl route show '#1' | grep -q closed || fail "the route has another handle now"
