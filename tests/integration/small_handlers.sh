#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# echo gives everything back, to slow readers too; respond's text arrives whatever the client has
# said; close closes.
. "$(dirname "$0")/lib.sh"
need_python

ECHO=$(free_port) RESPOND=$(free_port) OPEN=$(free_port) CLOSE=$(free_port)
export ECHO RESPOND OPEN CLOSE
config <<JSON
{"apps": {"layer4": {"servers": {
    "echo": {"listen": ["127.0.0.1:$ECHO"], "routes": [{"handle": [{"handler": "echo"}]}]},
    "respond": {"listen": ["127.0.0.1:$RESPOND"], "routes": [{"handle": [{"handler": "respond",
        "body": "{\"ip\": \"{l4.conn.remote_ip}\", \"port\": {l4.conn.local_port}}\n"}]}]},
    "open": {"listen": ["127.0.0.1:$OPEN"], "routes": [{"handle": [{"handler": "respond",
        "body": "hello", "keep_open": true}]}]},
    "close": {"listen": ["127.0.0.1:$CLOSE"], "routes": [{"handle": [{"handler": "close"}]}]}
}}}}
JSON
daemon

"$python" - <<'PY' || fail "small handlers"
import threading
from peers import *

data = pattern(5_000_000)
client = connect(port("ECHO"))
sender = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
sender.start()
assert read_all(client) == data
sender.join()

# A client that does not read is not read further; nothing is lost.
client = connect(port("ECHO"))
sent = fill(client, 1 << 30)
assert sent < 1 << 30, "everything was taken"
client.shutdown(socket.SHUT_WR)
assert read_all(client) == b"\0" * sent

want = b'{"ip": "127.0.0.1", "port": %d}\n' % port("RESPOND")
assert read_all(connect(port("RESPOND"))) == want
client = connect(port("RESPOND"))
client.sendall(b"x" * 100_000)
assert read_all(client) == want

# A client that has the text and stays is closed all the same.
client = connect(port("RESPOND"))
assert read_all(client) == want

def gone():
    try:
        client.sendall(b"x")
    except (BrokenPipeError, ConnectionResetError):
        return True

within(30, "the connection's end", gone)

client = connect(port("OPEN"))
expect(client, b"hello")
client.sendall(b"x" * 1000)
client.settimeout(1.5)
try:
    assert False, client.recv(1)
except TimeoutError:
    pass
client.close()

expect_closed(connect(port("CLOSE")))
PY
wait_until 30 "the end of all connections" no_connections
