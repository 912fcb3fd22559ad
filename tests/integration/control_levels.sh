#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Who may do what: every method as root, as a member of the group pointsman and as a stranger, and
# what a change may bring in. Each refusal and each change has its one line in the log.
. "$(dirname "$0")/lib.sh"
need_root
need_python
need_msgpack
own_network || skip "needs a network and mounts of its own (unshare)"

# A group of our own choosing, in this test's view of the system alone.
GROUP=60555
grep -v '^pointsman:' /etc/group >"$tmp/group"
echo "pointsman:x:$GROUP:" >>"$tmp/group"
mount --bind "$tmp/group" /etc/group || skip "cannot replace /etc/group in a mount of its own"

chmod 711 "$tmp"
sock=$tmp/run/control.sock
LISTEN=$(free_port) OTHER=$(free_port) SITE=$(free_port)
export GROUP LISTEN OTHER SITE
export SECRET_OF_THE_DAEMON=swordfish
echo 192.0.2.1 >"$tmp/addresses"
echo 192.0.2.2 >"$tmp/others"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=pem.example \
    -days 2 -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null || fail "openssl"
"$python" "$here/control_levels.py" document "$tmp" | config
umask 0
daemon
same 750 "$(stat -c %a "$tmp/run")" "mode of the socket's folder"
same 660 "$(stat -c %a "$sock")" "mode of the socket"
same "$GROUP" "$(stat -c %g "$sock")" "group of the socket"

"$python" "$here/control_levels.py" check "$sock" "$tmp" || fail "control_levels.py"
"$python" "$here/control_levels.py" log "$tmp/pointsmand.log" || fail "the log"
running pointsmand || fail "the daemon ended"
