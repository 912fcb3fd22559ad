#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The storage of the document: certificates are kept in the folder that it names, which one daemon
# has at a time and which stays the same while it runs; another storage is refused by name.
. "$(dirname "$0")/lib.sh"
need curl curl

HTTPS=$(free_port) HTTP=$(free_port)
caddyfile() { # OPTION…
    {
        printf '{\n\thttp_port %s\n\thttps_port %s\n' "$HTTP" "$HTTPS"
        printf '\t%s\n' "$@"
        printf '}\nlocalhost {\n\trespond "here"\n}\n'
    } >"$tmp/Caddyfile"
}

caddyfile "storage file_system $tmp/certs"
daemon "$tmp/Caddyfile"
[ -s "$tmp/certs/pki/local/root.pem" ] || fail "no root in the storage"
[ ! -e "$tmp/state/pki" ] || fail "something of the internal CA in the state folder"
same 700 "$(stat -c %a "$tmp/certs")" "mode of the storage"
ctl ca root >"$tmp/root.pem" || fail "ca root"
get() {
    curl -s --cacert "$tmp/root.pem" "https://localhost:$HTTPS/"
}
same here "$(get)" "the answer"

# --- another one, while it runs ------------------------------------------------------------------
refused() { # PATTERN WHAT
    ctl config reload 2>"$tmp/err" && fail "$2 was taken"
    grep -q -- "$1" "$tmp/err" || fail "$2: $(cat "$tmp/err")"
    same here "$(get)" "the answer after a refusal"
}
caddyfile "storage file_system $tmp/elsewhere"
refused "storage: the folder of certificates cannot change while the daemon runs, it is '$tmp/certs'" \
    "another folder"
caddyfile ""
refused "cannot change while the daemon runs" "the state folder"
# The long form is the same.
caddyfile "storage file_system {" "root $tmp/certs" "}"
ctl config reload || fail "the same folder"

# --- who else ------------------------------------------------------------------------------------
caddyfile "storage file_system $tmp/certs"
timeout 20 "$pointsmand" run --config "$tmp/Caddyfile" --control "$tmp/other.sock" \
    --state "$tmp/other" --workers 1 >"$tmp/err" 2>&1 && fail "two daemons with one storage"
grep -q "storage.root: state folder '$tmp/certs' is in use by another pointsmand" "$tmp/err" ||
    fail "two daemons: $(cat "$tmp/err")"

# --- the same root after a restart, also with the storage in the state folder --------------------
stop pointsmand || fail "the end of the daemon"
daemon "$tmp/Caddyfile"
ctl ca root | cmp -s - "$tmp/root.pem" || fail "another root after a restart"
stop pointsmand || fail "the end of the daemon"
caddyfile "storage file_system $tmp/state"
daemon "$tmp/Caddyfile"
[ -s "$tmp/state/pki/local/root.pem" ] || fail "the state folder cannot be the storage"
stop pointsmand || fail "the end of the daemon"

# --- refused by name -----------------------------------------------------------------------------
echo '{"storage":{"module":"consul"}}' | config
"$pointsmand" validate --config "$tmp/config.json" >"$tmp/err" 2>&1 && fail "consul was taken"
grep -q "storage.module: there is no storage 'consul'" "$tmp/err" || fail "$(cat "$tmp/err")"
