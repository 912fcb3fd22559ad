#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example one_port: curl, ssh and psql on port 443, SOCKS 5 to where it leads, and clients of
# chat, mail and WireGuard.
. "$(dirname "$0")/lib.sh"
need curl curl
need_python
. "$here/example.bash"
. "$here/mux.bash"
. "$here/postgres.bash"
need_sshd

hosts www.example.com
ip addr add 203.0.113.5/32 dev lo || fail "no address"
certificate_for www.example.com
page web 127.0.0.1 8443 "$tmp/server.key" "$tmp/server.pem"
page public 203.0.113.5 80
start_sshd 22
start_postgres 5432
wait_until 30 "sshd" listening 22
wait_until 60 "postgres" listening 5432
example one_port
root=$tmp/server.pem # of the web server

says web https://www.example.com/
same "over ssh" "$(ssh "${ssh_options[@]}" -p 443 root@127.0.0.1 echo over ssh 2>"$tmp/ssh.log" </dev/null)" ssh
same "alice in postgres" "$(answer "host=127.0.0.1 port=443 sslmode=disable user=alice dbname=postgres")" psql

socks=(--noproxy '' --proxy socks5h://alice:wonderland@127.0.0.1:443)
says public "${socks[@]}" http://203.0.113.5/
refused "${socks[@]}" https://127.0.0.1:8443/

"$python" - <<'PY' || fail "chat, mail or WireGuard"
from peers import *

chat, mail, tunnel = Backend(5222), Backend(25), datagrams(("127.0.0.1", 51820))

greeting = b"<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client' " \
    b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
client = connect(443)
client.sendall(greeting)
expect(chat.accept(), greeting)

client = connect(443)
server = mail.accept()
server.sendall(b"220 mail.example.com\r\n")
expect(client, b"220 mail.example.com\r\n")
client.sendall(b"QUIT\r\n")
expect(server, b"QUIT\r\n")

client = datagrams(to=443)
initiation = b"\1\0\0\0" + pattern(144)
client.send(initiation)
got, flow = tunnel.recvfrom(CHUNK)
assert got == initiation, got
tunnel.sendto(b"an answer", flow)
expect_datagram(client, b"an answer")
PY
