#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example socks_proxy: curl with SOCKS 5 from the network that may and from others, with SOCKS 4
# through OpenSSH behind it.
. "$(dirname "$0")/lib.sh"
need curl curl
need_python
. "$here/example.bash"
. "$here/mux.bash"
need_sshd

hosts target.internal
page here 127.0.0.1 80
other_machine 192.168.50.1 192.168.50.7
start_sshd 22 192.168.50.1 "${there[@]}"
wait_until 30 "sshd" there_listening 22
start socks4 "${there[@]}" ssh "${ssh_options[@]}" -N -D 192.168.50.1:1080 root@192.168.50.1
wait_until 30 "the other proxy" there_listening 1080
example socks_proxy
page there 192.168.50.1 80

# get STATUS PROXY [OPTION…]: fetches a page here through the proxy, and wants this exit status of curl
get() {
    local want=$1 status=0
    shift
    "${at[@]}" curl -sS --max-time 30 --noproxy '' --proxy "$@" >"$tmp/got" 2>>"$tmp/curl.log" ||
        status=$?
    same "$want" $status "curl --proxy $*"
    [ "$want" != 0 ] || same "$page" "$(cat "$tmp/got")" "curl --proxy $*"
}

at=("${there[@]}") page=here # a client of the network that may
get 0 socks5h://192.168.50.254:1080 -U carol:tulip-harbour --interface 192.168.50.7 http://target.internal/
get 0 socks5h://192.168.50.254:1080 -U dave:copper-meadow http://target.internal/
get 97 socks5h://192.168.50.254:1080 -U carol:wrong http://target.internal/
get 97 socks5h://192.168.50.254:1080 http://target.internal/
at=() # one of another network
get 97 socks5h://127.0.0.1:1080 -U carol:tulip-harbour http://target.internal/

page=there
get 0 socks4://127.0.0.1:1080 http://192.168.50.1/
wait_log pointsmand 'upstream=tcp/192.168.50.1:1080'
