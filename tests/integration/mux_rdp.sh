#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# xfreerdp to xrdp through the port that all protocols share.
. "$(dirname "$0")/lib.sh"
need xrdp xrdp
need xfreerdp freerdp2-x11
need Xvfb xvfb
. "$here/mux.bash"

self_signed rdp localhost
sed -e "s|^port=3389|port=tcp://127.0.0.1:${server_port[rdp]}|" \
    -e "s|^certificate=.*|certificate=$tmp/rdp.pem|; s|^key_file=.*|key_file=$tmp/rdp.key|" \
    -e "s|^LogFile=.*|LogFile=$tmp/xrdp-own.log|; s|^EnableSyslog=.*|EnableSyslog=false|" \
    /etc/xrdp/xrdp.ini >"$tmp/xrdp.ini"
start xrdp xrdp --nodaemon -c "$tmp/xrdp.ini"
mux_start
serving rdp

start display Xvfb -displayfd 1 -nolisten tcp
wait_log display '^[0-9]+$' 30
start xfreerdp env HOME="$tmp" DISPLAY=":$(grep -xE '[0-9]+' "$tmp/display.log")" xfreerdp \
    "/v:127.0.0.1:$MUX" /u:alice /p:secret /cert:ignore /sec:tls
wait_until 60 "the client at xrdp" grep -qs 'TLS connection established' "$tmp/xrdp-own.log"
stop xfreerdp
wait_route rdp
