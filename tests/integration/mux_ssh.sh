#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# OpenSSH and Dropbear through the port that all protocols share.
. "$(dirname "$0")/lib.sh"
. "$here/mux.bash"
need_sshd
need dbclient dropbear-bin

start_sshd "${server_port[ssh]}"
dropbearconvert openssh dropbear "$tmp/client" "$tmp/client.dropbear" 2>"$tmp/convert.log" ||
    fail "no key for Dropbear"
chmod 600 "$tmp/client.dropbear"
mux_start
serving ssh

same "over ssh" "$(ssh "${ssh_options[@]}" -p "$MUX" root@127.0.0.1 echo over ssh 2>"$tmp/ssh.log" \
    </dev/null)" "ssh"
same 3000000 "$(head -c 3000000 /dev/zero | ssh "${ssh_options[@]}" -p "$MUX" root@127.0.0.1 wc -c \
    2>>"$tmp/ssh.log")" "bytes to wc"
same "over dbclient" "$(HOME=$tmp timeout 60 dbclient -y -i "$tmp/client.dropbear" -p "$MUX" \
    root@127.0.0.1 echo over dbclient 2>"$tmp/dbclient.log" </dev/null)" "dbclient"
wait_route ssh
