#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Health checks: active ones take an upstream out and bring it back, end its connections where that
# is wanted, outlive a reload and stop when nobody wants them; passive ones remember failures.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port) KEEP=$(free_port) LONG=$(free_port) SHORT=$(free_port) LIMIT=$(free_port)
A=$(free_port) B=$(free_port) C=$(free_port) WATCHED=$(free_port)
export LISTEN KEEP LONG SHORT LIMIT A B C WATCHED
document() { # [INTERVAL]: of the check of WATCHED; without it there is none
    local check='"health_checks": {"active": {"interval": "100ms", "timeout": "1s", "rise": 2, "fall": 2'
    local first='"load_balancing": {"selection": {"policy": "first"}}'
    local pair='"upstreams": [{"dial": ["127.0.0.1:'$A'"]}, {"dial": ["127.0.0.1:'$B'"]}]'
    local other='"upstreams": [{"dial": ["127.0.0.1:'$C'"]}, {"dial": ["127.0.0.1:'$B'"]}]'
    local watched=
    [ $# = 0 ] || watched=', "watched": {"listen": ["127.0.0.1:'$(free_port)'"], "routes": [{"handle": [{
        "handler": "proxy", "health_checks": {"active": {"interval": "'$1'", "port": '$WATCHED'}},
        "upstreams": [{"dial": ["localhost:'$B'"]}]}]}]}'
    cat <<JSON
{"apps": {"layer4": {"servers": {
    "main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [{"handle": [{"handler": "proxy", $first, $pair,
        $check, "close_if_unhealthy": true}}}]}]},
    "keep": {"listen": ["127.0.0.1:$KEEP"], "routes": [{"handle": [{"handler": "proxy", $first, $pair}]}]},
    "long": {"listen": ["127.0.0.1:$LONG"], "routes": [{"handle": [{"handler": "proxy", $first, $other,
        "health_checks": {"passive": {"fail_duration": "1h", "max_fails": 2}}}]}]},
    "short": {"listen": ["127.0.0.1:$SHORT"], "routes": [{"handle": [{"handler": "proxy", $first, $other,
        "health_checks": {"passive": {"fail_duration": "100ms", "max_fails": 2}}}]}]},
    "limit": {"listen": ["127.0.0.1:$LIMIT"], "routes": [{"handle": [{"handler": "proxy",
        "health_checks": {"passive": {"unhealthy_connection_count": 1}},
        "upstreams": [{"dial": ["localhost:$B"], "local_address": ["::1", "127.0.0.9"],
            "resolver_preference": "ipv4_only"}]}]}]}
    $watched
}}}}
JSON
}
document 50ms | config
document | config without.json
export SOCK=$sock TMP=$tmp POINTSMAND_LOG=$tmp/pointsmand.log
daemon
export DAEMON=${pids[pointsmand]}
start events "$pointsctl" -s "$sock" monitor --since 0 upstream

"$python" - <<'PY' || fail "health checks"
import signal, shutil, threading
from peers import *

def log():
    """What is written of it: a line may come a little after what it tells of."""
    with open(os.environ["POINTSMAND_LOG"]) as f:
        return f.read()

def logged(what, times=1):
    within(30, f"'{what}' in the log", lambda: log().count(what) >= times)

class Server:
    """Answers each connection with its name and holds it."""

    def __init__(self, name):
        self.name, self.open, self.count = name, [], 0
        self.start()

    def start(self):
        self.backend = Backend(port(self.name))
        self.backend.socket.settimeout(None)
        threading.Thread(target=self.serve, args=(self.backend,), daemon=True).start()

    def serve(self, backend):
        while True:
            try:
                s, self.source = backend.socket.accept()
            except OSError:
                return
            self.count += 1
            self.open.append(s)
            try:
                s.sendall(self.name.encode())
            except OSError:
                pass

    def stop(self):
        self.backend.socket.shutdown(socket.SHUT_RDWR)
        self.backend.close()

def ask(listener):
    client = connect(port(listener))
    return client, client.recv(1).decode()

a, b, watched = Server("A"), Server("B"), Server("WATCHED")
within(30, "the checks", lambda: a.count > 5 and b.count > 5 and watched.count > 5)
within(30, "A", lambda: ask("LISTEN")[1] == "A")

# Down: its connections end here, not there; newcomers go to the other one.
bound, _ = ask("LISTEN")
free, _ = ask("KEEP")
downs = log().count("the upstream is down")  # before the servers were there
ups = log().count("the upstream is up")
a.stop()
expect_closed(bound)
logged("the upstream is down", downs + 1)
assert ask("LISTEN")[1] == "B" and ask("KEEP")[1] == "B"
free.settimeout(0.3)
try:
    raise AssertionError(f"the connection of another handler ended: {free.recv(1)!r}")
except TimeoutError:
    pass

# A reload keeps what is known, and stops the checks that nobody wants any more.
shutil.copy(f"{os.environ['TMP']}/without.json", f"{os.environ['TMP']}/config.json")
os.kill(int(os.environ["DAEMON"]), signal.SIGHUP)
logged("revision 2 is in force")
def quiet():
    before = watched.count
    time.sleep(0.4)
    return watched.count == before
within(30, "the end of the checks", quiet)
assert ask("LISTEN")[1] == "B"
assert log().count("the upstream is down") == downs + 1, "it was found down anew"
before = b.count
within(30, "the other checks", lambda: b.count > before + 3)

# Up again, after two in a row.
a.start()
within(30, "A", lambda: ask("LISTEN")[1] == "A")
logged("the upstream is up", ups + 1)

# Passive: two failures, then it is left alone for as long as the handler says, even when it is back.
assert ask("LONG")[1] == "B" and "is left alone" not in log()
assert ask("LONG")[1] == "B"
logged("is left alone")
c = Server("C")
assert ask("LONG")[1] == "B" and c.count == 0
within(30, "C", lambda: ask("SHORT")[1] == "C")
assert ask("LONG")[1] == "B"

# One at a time, from the address and in the family that were asked for.
client = connect(port("LIMIT"))
expect(client, b"B")
sources = set()
for s in b.open:
    try:
        sources.add(s.getpeername()[0])
    except OSError:
        pass
assert "127.0.0.9" in sources, sources
expect_closed(connect(port("LIMIT")))
PY
wait_log pointsmand 'end=upstream_unhealthy'
wait_log events '"upstream\.down".*"upstream":"tcp/127\.0\.0\.1:'"$A"'","problem":"'
wait_log events '"upstream\.up".*"upstream":"tcp/127\.0\.0\.1:'"$A"'"'
wait_log events '"upstream\.failing".*"upstream":"tcp/127\.0\.0\.1:'"$C"'","duration":3600,"problem":"'
