#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Fifty damaged configurations by reload, with traffic: each is refused and nothing changes, or loads. A connection from
# before stays through all of them.
. "$(dirname "$0")/lib.sh"
own_network || skip "needs root and network namespaces"
need_python

LISTEN=$(free_port) OTHER=$(free_port)
cat >"$tmp/Caddyfile" <<EOF
{
	layer4 {
		127.0.0.1:$LISTEN {
			matching_timeout 5s
			@tls tls sni www.example.com *.example.org
			route @tls {
				tls
				respond "secret"
			}
			@inside {
				remote_ip 127.0.0.0/8
				not ssh
			}
			route @inside {
				echo
			}
			route {
				proxy {
					upstream 127.0.0.1:$OTHER 127.0.0.2:$OTHER
					lb_policy least_conn
					health_interval 10s
				}
			}
		}
	}
}
EOF
"$pointsmand" adapt --config "$tmp/Caddyfile" >"$tmp/good.json" || fail "adapt"
cp "$tmp/Caddyfile" "$tmp/good.caddyfile"
daemon "$tmp/Caddyfile"
LISTEN=$LISTEN TMP=$tmp CTL=$pointsctl SOCK=$sock "$python" - <<'PY' || fail "a damaged configuration"
import json
import os
import random
import subprocess
from peers import *

tmp = os.environ["TMP"]
chance = random.Random(1)


def ctl(*words):
    return subprocess.run([os.environ["CTL"], "-s", os.environ["SOCK"], *words], capture_output=True, text=True)


def revision():
    return json.loads(ctl("-j", "status").stdout)["rev"]


def exchange(s, text):
    s.sendall(text)
    got = b""
    while len(got) < len(text):
        part = s.recv(100)
        assert part, "the connection has ended"
        got += part
    assert got == text, got


def cut(text):
    return text[: chance.randrange(len(text))]


def flip(text):
    out = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def delete(text):
    lines = text.splitlines(True)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def double(text):
    lines = text.splitlines(True)
    at = chance.randrange(len(lines))
    return b"".join(lines[: at + 1] + lines[at:])


def swap(text):
    words = text.split()
    a, b = chance.sample(words, 2)
    return text.replace(a, b"\0", 1).replace(b, a, 1).replace(b"\0", b, 1)


def change(text):
    words = text.split()
    return text.replace(chance.choice(words), chance.choice([b"0", b"7s", b"127.0.0.0/8", b"echo", b"*", b"[", b"null"]), 1)


def put(text):
    with open(f"{tmp}/Caddyfile", "wb") as file:
        file.write(text)


# In the two forms that a file may have.
good = [open(f"{tmp}/{name}", "rb").read() for name in ("good.caddyfile", "good.json")]
first = connect(port("LISTEN"))
exchange(first, b"hello")
refused = loaded = 0
for i in range(50):
    before = revision()
    damage = chance.choice([cut, flip, delete, double, swap, change, change])
    put(damage(good[i % 2]))
    answer = ctl("config", "reload")
    exchange(first, b"still here")
    if answer.returncode == 0:
        loaded += 1
        put(good[0])
        assert ctl("config", "reload").returncode == 0, "the good one is refused"
    else:
        refused += 1
        assert answer.returncode in (5, 6, 7), answer
        assert answer.stderr.startswith("pointsctl: "), answer.stderr
        assert revision() == before, "the revision has changed"
    with connect(port("LISTEN")) as s:
        exchange(s, b"and new ones too")
print(f"{refused} refused, {loaded} loaded")
assert refused > 15 and loaded > 0
PY
