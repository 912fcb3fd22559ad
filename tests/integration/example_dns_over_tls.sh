#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example dns_over_tls: kdig asks unbound, which knows nothing of TLS.
. "$(dirname "$0")/lib.sh"
need curl curl
need openssl openssl
need unbound unbound
need kdig knot-dnsutils
. "$here/example.bash"

hosts resolver.example.com
cat >"$tmp/unbound.conf" <<CONF
server:
    interface: 127.0.0.1
    username: ""
    chroot: ""
    directory: "$tmp"
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    local-zone: "example.net." static
    local-data: "www.example.net. 60 IN A 192.0.2.80"
remote-control:
    control-enable: no
CONF
start unbound unbound -d -p -c "$tmp/unbound.conf"
wait_until 30 "unbound" listening 53
# kdig wants a subject in the certificate, which those of the internal CA do not have.
certificate_for resolver.example.com
edit="s|^resolver.example.com {|&\n\ttls $tmp/server.pem $tmp/server.key|"
example dns_over_tls
root=$tmp/server.pem

ask() { # NAME-OF-THE-RESOLVER
    kdig @127.0.0.1 +tls-ca="$root" +tls-hostname="$1" +timeout=30 +retry=0 +short www.example.net A \
        2>>"$tmp/kdig.log"
}
same 192.0.2.80 "$(ask resolver.example.com)" "kdig"
wait_log pointsmand 'upstream=tcp/127.0.0.1:53 .*alpn=dot'
same '' "$(ask other.example.com | grep 192)" "kdig with another name"
in_tls 853 resolver.example.com -alpn h2 </dev/null && fail "a client that wants HTTP/2 was let in"
says "DNS over TLS, on port 853" https://resolver.example.com/
