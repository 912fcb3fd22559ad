#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 1,000 names are renewed at once while connections are made and used: none fails, each handshake
# gets a certificate that is good, and in the end each name has its new one.
. "$(dirname "$0")/lib.sh"
need_msgpack

LISTEN=$(free_port)
config <<EOF_
{"apps":{"layer4":{"servers":{"main":{"listen":["127.0.0.1:$LISTEN"],
    "routes":[{"handle":[{"handler":"tls"},{"handler":"echo"}]}]}}},
  "tls":{"certificates":{"automate":[$(seq -f '"h%g.example.net"' -s, 1000)]},
    "automation":{"policies":[{"issuers":[{"module":"internal"}]}]}}}}
EOF_
daemon
ctl ca root >"$tmp/root.pem" || fail "ca root"

export LISTEN tmp sock
"$python" - <<'PY' || fail "renewals"
import random, threading
import control_client
from peers import *

NAMES = [f"h{i}.example.net" for i in range(1, 1001)]
SAMPLE = random.sample(NAMES, 60)
context = ssl.create_default_context(cafile=os.environ["tmp"] + "/root.pem")

def session(name):
    return context.wrap_socket(connect(port("LISTEN")), server_hostname=name)

def exchange(s):
    s.sendall(b"here")
    expect(s, b"here")

def served(name):
    """Its certificate, with a session that was good for a message."""
    with session(name) as s:
        exchange(s)
        return s.getpeercert(binary_form=True)

client = control_client.Client(os.environ["sock"], timeout=TIMEOUT)
# The last of them are made in the background.
while any(item["state"] == "missing" for item in client.call("cert.ls")[1]):
    time.sleep(0.05)
before = {name: served(name) for name in SAMPLE}
kept = [session(name) for name in SAMPLE[:8]]

def renew_all():
    for name in NAMES:
        client.call("cert.renew", name=name)

thread = threading.Thread(target=renew_all)
thread.start()
old = dict(before)
while old:
    for name in list(old):
        if served(name) != old[name]:
            del old[name]
        for s in kept:
            exchange(s)
thread.join()
PY
