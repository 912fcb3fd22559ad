#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example ssh_over_tls: ssh and curl through one port to three machines, chosen by the name in the
# handshake.
. "$(dirname "$0")/lib.sh"
need curl curl
need_python
. "$here/example.bash"
. "$here/mux.bash"
need_sshd

hosts 192.168.50.1=alpha.internal 192.168.50.2=beta.internal {alpha,beta,here}.example.com
other_machine 192.168.50.1 192.168.50.2
page alpha 192.168.50.1 80
page beta 192.168.50.2 80
start_sshd 22
start_sshd 22 0.0.0.0 "${there[@]}"
wait_until 30 "sshd" listening 22
wait_until 30 "sshd of the other machines" there_listening 22
example ssh_over_tls

proxy="openssl s_client -quiet -verify_quiet -verify_return_error -CAfile $root -connect %h:443"
server_of() { # NAME: the address that its SSH server was reached at
    ssh "${ssh_options[@]}" -o ProxyCommand="$proxy -servername %h -verify_hostname %h" "root@$1" \
        'set -- $SSH_CONNECTION; echo $3' 2>>"$tmp/ssh.log" </dev/null
}
same 192.168.50.1 "$(server_of alpha.example.com)" "ssh to alpha"
same 192.168.50.2 "$(server_of beta.example.com)" "ssh to beta"
same 127.0.0.1 "$(server_of here.example.com)" "ssh to this machine"

says alpha https://alpha.example.com/
says beta --http2 https://beta.example.com/
says "the web server of this machine" https://here.example.com/
refused https://alpha.example.com/ -H 'Host: beta.example.com'
refused --connect-to ::127.0.0.1:443 https://other.example.com/
says "see port 443" https://alpha.example.com:8443/
