#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A name that no document has any more: its order ends and is forgotten, its certificate stays in
# the state folder and serves at once when the name comes back. Where nothing of ours listens on the
# ports that the CA asks, it is said.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/acme.bash"

reload() { # NAMES-JSON
    managed "$1" | config
    kill -HUP "${pids[pointsmand]}"
}

stub
managed '["a.example.com"]' | config
daemon
wait_served a.example.com "$HTTPS"
serial=$(openssl x509 -in "$tmp/s_client" -noout -serial)

stub_set hold=authorization
reload '["b.example.com"]'
wait_until 30 "the order for b" grep -q '^held authorization' "$tmp/stub.log"
find "$tmp/state" -name 'b.example.com.json' | grep -q orders || fail "the order is not kept"
reload '["c.example.com"]'
order_gone() { [ -z "$(find "$tmp/state" -name 'b.example.com.json')" ]; }
wait_until 25 "the order of a name that is gone to be forgotten" order_gone
stub_set hold=
wait_until 30 "a to be refused" eval '! serves a.example.com $HTTPS'
wait_served c.example.com "$HTTPS"

reload '["a.example.com"]'
wait_served a.example.com "$HTTPS" 20
same "$serial" "$(openssl x509 -in "$tmp/s_client" -noout -serial)" "the certificate of a name that is back"
same 1 "$(grep -c '^order main a.example.com' "$tmp/stub.log")" "orders for it"
stop pointsmand
stop stub

DIRECTORY=https://localhost:$CA_PORT/dir
ca
OTHER=$(free_port)
managed '["d.example.com"]' | sed "s/127.0.0.1:$HTTPS/127.0.0.1:$OTHER/" | config
daemon
wait_log pointsmand "'d.example.com': no site listens on port $HTTP and nothing on port $HTTPS"
wait_log pointsmand 'no certificate yet.*name=d.example.com'
