#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# go-sendxmpp to prosody through the port that all protocols share; TLS begins inside the stream.
. "$(dirname "$0")/lib.sh"
need_root # to run prosody as its user
need prosody prosody
need go-sendxmpp go-sendxmpp
need runuser util-linux
. "$here/mux.bash"

self_signed xmpp example.com
chmod 711 "$tmp"
install -d -o prosody "$tmp/prosody"
install -o prosody -m 600 "$tmp/xmpp.key" "$tmp/prosody/key.pem"
cat >"$tmp/prosody.cfg.lua" <<LUA
data_path = "$tmp/prosody"
pidfile = "$tmp/prosody/pid"
interfaces = { "127.0.0.1" }
c2s_ports = { ${server_port[xmpp]} }
s2s_ports = { }
modules_enabled = { "roster", "saslauth", "tls", "disco", "offline", "ping" }
modules_disabled = { "s2s" }
authentication = "internal_plain"
c2s_require_encryption = true
storage = "internal"
log = { info = "*console" }
VirtualHost "example.com"
    ssl = { key = "$tmp/prosody/key.pem", certificate = "$tmp/xmpp.pem" }
LUA
for user in alice bob; do
    runuser -u prosody -- prosodyctl --config "$tmp/prosody.cfg.lua" register "$user" example.com secret \
        >>"$tmp/prosodyctl.log" 2>&1 || fail "no user $user"
done
start prosody runuser -u prosody -- prosody -F --config "$tmp/prosody.cfg.lua"
mux_start
serving xmpp

echo "over the mux" | SSL_CERT_FILE=$tmp/xmpp.pem HOME=$tmp timeout 60 go-sendxmpp \
    -u alice@example.com -p secret -j "127.0.0.1:$MUX" bob@example.com >"$tmp/sendxmpp.log" 2>&1 ||
    fail "go-sendxmpp"
wait_until 30 "the message for bob" grep -rqs "over the mux" "$tmp/prosody"
wait_route xmpp
