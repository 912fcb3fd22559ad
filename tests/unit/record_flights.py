#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records what real clients send first, for test_flights.

    record_flights.py >recorded_flights.h

Runs each client against a socket of this program on 127.0.0.1 that answers nothing, and prints what
came before the client waited. A program that is missing is named on stderr, and its flight is not in
the output: look at the difference before it is committed. Where a client begins by chance with
something else each time, the test sees another one after each run, which is as good.
"""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time

CURL = "curl -sS -o /dev/null --noproxy '' --max-time 4 "
PSQL = "psql -X 'host=127.0.0.1 port={port} user=alice dbname=plants_db "
SSH = "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
GNUTLS = "gnutls-cli --insecure -p {port} --sni-hostname www.example.com "
OPENSSL = "openssl s_client -connect 127.0.0.1:{port} -servername www.example.com "

# matcher ("": none of pointsmand's), what is run, Debian's package where the name is another, command
STREAMS = [
    ("http", "curl --head", "curl", CURL + "--head http://127.0.0.1:{port}/a?b=c"),
    ("http", "curl -X OPTIONS", "curl", CURL + "-X OPTIONS --request-target '*' http://127.0.0.1:{port}/"),
    ("http", "curl through a proxy, CONNECT", "curl",
     CURL + "-x http://127.0.0.1:{port} https://www.example.com/"),
    ("http", "curl through a proxy, GET", "curl",
     CURL + "-x http://127.0.0.1:{port} http://www.example.com/"),
    ("http", "curl, a WebSocket", "curl",
     CURL + "-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' "
     "-H 'Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyEh' http://127.0.0.1:{port}/chat"),
    ("http", "curl, a large head", "curl",
     CURL + "-H 'Cookie: " + "a=0123456789; " * 60 + "' http://127.0.0.1:{port}/"),
    ("http", "wget", "wget", "wget -q -t 1 -T 4 -O /dev/null http://127.0.0.1:{port}/"),
    ("http", "ab", "apache2-utils", "ab -n 1 -s 4 http://127.0.0.1:{port}/"),
    ("http", "git clone", "git", "git clone -q http://127.0.0.1:{port}/a.git {tmp}/clone"),
    ("http", "urllib of Python", "python3",
     "python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:{port}/\", timeout=4)'"),
    ("http", "h2load", "nghttp2-client", "h2load -n 1 -N 4 http://127.0.0.1:{port}/"),
    ("http", "nghttp, an upgrade", "nghttp2-client", "nghttp -u http://127.0.0.1:{port}/"),
    ("proxy_protocol", "curl --haproxy-protocol", "curl", CURL + "--haproxy-protocol http://127.0.0.1:{port}/"),
    ("proxy_protocol", "haproxy send-proxy, a check", "haproxy", "haproxy -db -q -f {tmp}/send-proxy.cfg"),
    ("proxy_protocol", "haproxy send-proxy-v2, a check", "haproxy",
     "haproxy -db -q -f {tmp}/send-proxy-v2.cfg"),
    ("socks4", "nc -X 4", "netcat-openbsd", "nc.openbsd -X 4 -x 127.0.0.1:{port} 192.0.2.7 80"),
    ("socks4", "ncat --proxy-type socks4", "ncat",
     "ncat --proxy 127.0.0.1:{port} --proxy-type socks4 192.0.2.7 80"),
    ("socks5", "nc -X 5", "netcat-openbsd", "nc.openbsd -X 5 -x 127.0.0.1:{port} 192.0.2.7 80"),
    ("socks5", "ncat --proxy-type socks5", "ncat",
     "ncat --proxy 127.0.0.1:{port} --proxy-type socks5 192.0.2.7 80"),
    ("socks5", "ncat --proxy-type socks5 --proxy-auth", "ncat",
     "ncat --proxy 127.0.0.1:{port} --proxy-type socks5 --proxy-auth a:b 192.0.2.7 80"),
    ("socks5", "curl --socks5-gssapi", "curl",
     CURL + "--socks5-gssapi --socks5 127.0.0.1:{port} http://192.0.2.7/"),
    ("ssh", "curl sftp://, libssh2", "curl", CURL + "-k sftp://alice@127.0.0.1:{port}/"),
    ("ssh", "paramiko", "python3-paramiko",
     "/usr/bin/python3 -c 'import paramiko; paramiko.Transport((\"127.0.0.1\", {port})).start_client(timeout=4)'"),
    ("ssh", "plink -T", "putty-tools", "plink -batch -T -P {port} alice@127.0.0.1 true"),
    ("ssh", "dbclient -T", "dropbear-bin", "dbclient -T -y -y -p {port} alice@127.0.0.1 true"),
    ("postgres", "psql, sslmode=prefer", "postgresql-client", PSQL + "sslmode=prefer'"),
    ("postgres", "psql, options and replication", "postgresql-client",
     PSQL + "sslmode=disable replication=database' -c 'IDENTIFY_SYSTEM'"),
    ("postgres", "pg_isready", "postgresql-client", "pg_isready -t 4 -h 127.0.0.1 -p {port} -U alice -d d"),
    ("postgres", "pg_dump, client_encoding", "postgresql-client",
     "env PGCLIENTENCODING=UTF8 PGSSLMODE=disable pg_dump -h 127.0.0.1 -p {port} -U alice d"),
    ("postgres", "openssl s_client -starttls postgres", "openssl", OPENSSL + "-starttls postgres"),
    ("tls", "openssl s_client -tls1_2 -alpn", "openssl", OPENSSL + "-tls1_2 -alpn h2,http/1.1"),
    ("tls", "openssl s_client -groups P-384", "openssl", OPENSSL + "-groups P-384"),
    ("tls", "openssl s_client -noservername", "openssl",
     "openssl s_client -connect 127.0.0.1:{port} -noservername"),
    ("tls", "openssl s_client, one suite", "openssl",
     OPENSSL + "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256"),
    ("tls", "openssl s_client -split_send_frag", "openssl", OPENSSL + "-max_send_frag 512 -split_send_frag 512"),
    ("tls", "gnutls-cli, TLS 1.2 alone", "gnutls-bin",
     GNUTLS + "--priority NORMAL:-VERS-ALL:+VERS-TLS1.2 127.0.0.1"),
    ("tls", "gnutls-cli --alpn, a small hello", "gnutls-bin",
     GNUTLS + "--alpn imap --priority SECURE256:-GROUP-ALL:+GROUP-X25519 127.0.0.1"),
    ("tls", "gnutls-cli, no tickets", "gnutls-bin",
     GNUTLS + "--priority NORMAL:%NO_TICKETS:%NO_ETM 127.0.0.1"),
    ("tls", "curl --http2 --tlsv1.3", "curl",
     CURL + "-k --http2 --tlsv1.3 --connect-to ::127.0.0.1:{port} https://www.example.com/"),
    ("tls", "curl --tls-max 1.2 --http1.1", "curl",
     CURL + "-k --http1.1 --tls-max 1.2 --connect-to ::127.0.0.1:{port} https://www.example.com/"),
    ("tls", "wget", "wget", "wget -q -t 1 -T 4 --no-check-certificate -O /dev/null https://127.0.0.1:{port}/"),
    ("tls", "nghttp", "nghttp2-client", "nghttp --no-verify-peer https://127.0.0.1:{port}/"),
    ("tls", "kdig +tls", "knot-dnsutils", "kdig +tls +timeout=4 +retry=0 -p {port} @127.0.0.1 www.example.com"),
    ("tls", "kdig +https", "knot-dnsutils",
     "kdig +https +timeout=4 +retry=0 -p {port} @127.0.0.1 www.example.com"),
    ("tls", "redis-cli --tls", "redis-tools", "redis-cli --tls --insecure -p {port} ping"),
    ("tls", "mosquitto_pub --insecure", "mosquitto-clients",
     "mosquitto_pub --insecure --cafile /etc/ssl/certs/ca-certificates.crt -p {port} -t t -m m"),
    ("xmpp", "openssl s_client -starttls xmpp", "openssl", OPENSSL + "-starttls xmpp -name example.com"),
    ("xmpp", "openssl s_client -starttls xmpp-server", "openssl",
     OPENSSL + "-starttls xmpp-server -name example.com"),
    ("xmpp", "gnutls-cli --starttls-proto xmpp", "gnutls-bin", GNUTLS + "--starttls-proto xmpp 127.0.0.1"),
    ("dns", "kdig +tcp", "knot-dnsutils", "kdig +tcp +timeout=4 +retry=0 -p {port} @127.0.0.1 www.example.com AAAA"),
    ("dns", "host -T", "bind9-host", "host -T -W 4 -p {port} www.example.com 127.0.0.1"),
    ("dns", "drill -t", "ldnsutils", "drill -t -p {port} www.example.com @127.0.0.1"),
    ("rdp", "xfreerdp /sec:nla", "freerdp2-x11",
     "xvfb-run -a xfreerdp /v:127.0.0.1:{port} /u:alice /p:x /cert:ignore /sec:nla"),
    ("rdp", "xfreerdp /sec:tls", "freerdp2-x11",
     "xvfb-run -a xfreerdp /v:127.0.0.1:{port} /u:alice /p:x /cert:ignore /sec:tls"),
    ("rdp", "xfreerdp /sec:ext", "freerdp2-x11",
     "xvfb-run -a xfreerdp /v:127.0.0.1:{port} /u:alice /p:x /cert:ignore /sec:ext"),
    ("rdp", "xfreerdp, no user", "freerdp2-x11",
     "xvfb-run -a xfreerdp /v:127.0.0.1:{port} /u: /p: /cert:ignore /sec:rdp"),
    ("", "redis-cli", "redis-tools", "redis-cli -p {port} set key value"),
    ("", "redis-cli -3, RESP3", "redis-tools", "redis-cli -3 -p {port} ping"),
    ("", "redis-cli -a", "redis-tools", "redis-cli -a secret --no-auth-warning -p {port} ping"),
    ("", "redis-benchmark, inline", "redis-tools", "redis-benchmark -p {port} -c 1 -n 1 -t ping_inline"),
    ("", "mosquitto_pub, MQTT 3.1", "mosquitto-clients", "mosquitto_pub -V mqttv31 -p {port} -t t -m m"),
    ("", "mosquitto_pub, MQTT 3.1.1", "mosquitto-clients", "mosquitto_pub -V mqttv311 -p {port} -t t -m m"),
    ("", "mosquitto_sub, MQTT 5, a user", "mosquitto-clients",
     "mosquitto_sub -V mqttv5 -u alice -P x -p {port} -t t"),
    ("", "git, its own protocol", "git", "git ls-remote git://127.0.0.1:{port}/a.git"),
    ("", "openssl s_client -starttls ldap", "openssl", OPENSSL + "-starttls ldap"),
]
DATAGRAMS = [
    ("dns", "drill -D", "ldnsutils", "drill -D -p {port} www.example.com @127.0.0.1"),
    ("dns", "host", "bind9-host", "host -W 4 -R 1 -p {port} www.example.com 127.0.0.1"),
    ("dns", "nslookup of busybox", "busybox", "busybox nslookup -port={port} www.example.com 127.0.0.1"),
    ("dns", "kdig, EDNS, a client subnet", "knot-dnsutils",
     "kdig +timeout=4 +retry=0 +subnet=192.0.2.0/24 +cookie -p {port} @127.0.0.1 www.example.com"),
    ("dns", "dig, a name that ends in a dot alone", "bind9-dnsutils",
     "dig +tries=1 +time=4 -p {port} @127.0.0.1 . NS"),
    ("dns", "dig -x, an IPv6 address", "bind9-dnsutils",
     "dig +tries=1 +time=4 -p {port} @127.0.0.1 -x 2001:db8::1"),
    ("", "chronyd", "chrony",
     "chronyd -Q -U -u root -t 4 'server 127.0.0.1 port {port} iburst maxsamples 1' 'cmdport 0'"),
    ("", "openssl s_client -dtls1_2", "openssl",
     "openssl s_client -dtls1_2 -connect 127.0.0.1:{port} -servername www.example.com"),
    ("", "gnutls-cli --udp", "gnutls-bin", "gnutls-cli --udp --insecure -p {port} 127.0.0.1"),
]
QUIET, PATIENCE = 0.4, 12  # seconds: until the client waits, until it has begun
FLIGHT_MAX = 8192


def prepare(folder, port):
    """The files that commands name."""
    for header in ("send-proxy", "send-proxy-v2"):
        with open(f"{folder}/{header}.cfg", "w") as f:
            f.write("defaults\n mode tcp\n timeout connect 4s\n timeout client 4s\n timeout server 4s\n"
                    f"listen x\n bind {folder}/x.sock\n server s 127.0.0.1:{port} {header} check inter 500\n")


def read_flight(connection):
    """Up to the moment when the client waits for an answer."""
    flight = b""
    connection.settimeout(PATIENCE)
    try:
        while len(flight) < FLIGHT_MAX and (more := connection.recv(FLIGHT_MAX)):
            flight += more
            connection.settimeout(QUIET)
    except (TimeoutError, ConnectionResetError):
        pass
    return flight


def first_stream(listener):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        connection, _ = listener.accept()
        with connection:
            if flight := read_flight(connection):  # some look first whether anybody listens
                return flight
    return b""


def record(kind, command):
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(PATIENCE)
        if kind == socket.SOCK_STREAM:
            s.listen()
        port = s.getsockname()[1]
        prepare(folder, port)
        words = [word.format(port=port, tmp=folder) for word in shlex.split(command)]
        client = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=folder, env={"PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": folder, "LANG": "C"})
        try:
            return first_stream(s) if kind == socket.SOCK_STREAM else s.recv(FLIGHT_MAX)
        except TimeoutError:
            return b""
        finally:
            client.terminate()
            client.wait()


def entry(matcher, what, kind, flight):
    lines = "\n".join(f'\t"{line}"' for line in textwrap.wrap(flight.hex(), 80))
    owner = f'"{matcher}"' if matcher else "NULL"
    datagram = "true" if kind == socket.SOCK_DGRAM else "false"
    return f'    {{{owner}, "{what}", {datagram},\n{lines}}},'


def main():
    print("""/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Made by record_flights.py: what real clients sent first, in hexadecimal. More are in flights.h.
 */
#ifndef TESTS_UNIT_RECORDED_FLIGHTS_H
#define TESTS_UNIT_RECORDED_FLIGHTS_H

#include <stdbool.h>

/* clang-format off */
static const struct recorded_flight {
	const char *matcher, *client; /* matcher NULL: none should say yes */
	bool datagram;
	const char *hex;
} recorded_flights[] = {""")
    missing = 0
    for kind, table in (socket.SOCK_STREAM, STREAMS), (socket.SOCK_DGRAM, DATAGRAMS):
        for matcher, what, package, command in table:
            program = shlex.split(command)[0]
            flight = b""
            if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
                flight = record(kind, command)
            if flight:
                print(entry(matcher, what, kind, flight))
            else:
                print(f"{what}: nothing came (Debian: {package})", file=sys.stderr)
                missing += 1
    print("""};
/* clang-format on */

#endif""")
    return missing > 0


if __name__ == "__main__":
    sys.exit(main())
