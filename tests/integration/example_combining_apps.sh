#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example combining_apps: curl and dig at one port, for servers behind it in each of the four ways,
# and for the sites.
. "$(dirname "$0")/lib.sh"
need curl curl
need dig bind9-dnsutils
need openssl openssl
need unbound unbound
need_python
. "$here/example.bash"

hosts 192.168.50.1=backend.internal 192.168.50.2=resolver.internal www.example.com \
    {clear,any,verified,through}.example.com
other_machine 192.168.50.1 192.168.50.2
certificate_for backend.internal through.example.com
page clear 192.168.50.1 80
page encrypted 192.168.50.1 443 "$tmp/server.key" "$tmp/server.pem"
page through 192.168.50.1 8443 "$tmp/server.key" "$tmp/server.pem"
cat >"$tmp/unbound.conf" <<CONF
server:
    interface: 192.168.50.2
    access-control: 192.168.0.0/16 allow
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
start unbound "${there[@]}" unbound -d -p -c "$tmp/unbound.conf"
wait_until 30 "unbound" there_listening 53
example combining_apps
says encrypted https://any.example.com/
refused https://verified.example.com/ # by no authority of the system

authorities=/etc/ssl/certs/ca-certificates.crt
[ -f $authorities ] || skip "$authorities is missing (Debian: ca-certificates)"
mount --bind "$tmp/server.pem" $authorities || fail "no mount"
stop pointsmand QUIT || fail "the daemon's end"
example combining_apps
says clear https://clear.example.com/
says encrypted https://any.example.com/
says encrypted https://verified.example.com/
says "through for 127.0.0.1" --cacert "$tmp/server.pem" https://through.example.com/
says "the site" https://www.example.com/
says "in the clear" http://localhost/
same 308 "$(curl -sS -o "$tmp/body" -w '%{http_code}' --noproxy '*' http://www.example.com/)" "port 80"
refused http://localhost:7777/

same 192.0.2.80 "$("${there[@]}" dig @192.168.50.254 -p 443 +tcp +timeout=30 +tries=1 +short \
    www.example.net A)" "dig from inside"
! dig @127.0.0.1 -p 443 +tcp +timeout=30 +tries=1 www.example.net A >"$tmp/dig.log" ||
    fail "dig from outside was answered"
