#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# TLS to the upstream: verified by default, the name and the protocol asked for, failover where the
# session cannot be made, client certificates, bytes and ends both ways.
. "$(dirname "$0")/lib.sh"
need_python
need certtool gnutls-bin
need openssl openssl

# --- certificates: one authority, a server's and a client's certificate, and a stranger's --------
certs() {
    local name=$1 ca=$2
    shift 2
    printf '%s\n' "cn = $name" "expiration_days = 2" "$@" >"$tmp/$name.tmpl"
    certtool --generate-privkey --key-type ecdsa --outfile "$tmp/$name.key" 2>/dev/null &&
        if [ "$ca" = self ]; then
            certtool --generate-self-signed --template "$tmp/$name.tmpl" \
                --load-privkey "$tmp/$name.key" --outfile "$tmp/$name.pem" 2>/dev/null
        else
            certtool --generate-certificate --template "$tmp/$name.tmpl" \
                --load-privkey "$tmp/$name.key" --load-ca-certificate "$tmp/$ca.pem" \
                --load-ca-privkey "$tmp/$ca.key" --outfile "$tmp/$name.pem" 2>/dev/null
        fi || fail "certificate $name"
}
certs ca self ca cert_signing_key
certs stranger self ca cert_signing_key
certs server ca "dns_name = localhost" "dns_name = other.example" "ip_address = 127.0.0.1" \
    tls_www_server signing_key
certs wrong stranger "dns_name = localhost" "ip_address = 127.0.0.1" tls_www_server signing_key
certs client ca tls_www_client signing_key

GOOD=$(free_port) BAD=$(free_port) PLAIN=$(free_port) MUTUAL=$(free_port) HANGS=$(free_port)
export GOOD BAD PLAIN MUTUAL HANGS
export PLAINTLS=$(free_port)
servers=""
# server NAME UPSTREAMS [MORE]: a listener of its own, its port in the variable NAME.
server() {
    local name=$1
    export "$name=$(free_port)"
    servers+=${servers:+,}'"'$name'": {"listen": ["127.0.0.1:'${!name}'"], "routes": [{"handle": [
        {"handler": "proxy", "load_balancing": {"selection": {"policy": "first"}}, "upstreams": ['$2']'${3:-}'}]}]}'
}
ca='"root_ca_pem_files":["'$tmp/ca.pem'"]'
server NAMED '{"dial": ["localhost:'$GOOD'"], "tls": {"ca": {"provider": "file", "pem_files": ["'$tmp/ca.pem'"]}}}'
server BYIP '{"dial": ["127.0.0.1:'$GOOD'"], "tls": {'$ca', "curves": ["secp256r1"]}}'
server SYSTEM '{"dial": ["localhost:'$GOOD'"], "tls": {}}'
server OTHER '{"dial": ["127.0.0.1:'$GOOD'"], "tls": {'$ca', "server_name": "other.{l4.vars.none}example", "renegotiation": "freely"}}'
server MISNAMED '{"dial": ["127.0.0.1:'$GOOD'"], "tls": {'$ca', "server_name": "evil.example"}}'
server STRANGER '{"dial": ["localhost:'$BAD'"], "tls": {'$ca'}}'
server INSECURE '{"dial": ["localhost:'$BAD'"], "tls": {"insecure_skip_verify": true}}'
server FAILOVER '{"dial": ["127.0.0.1:'$PLAIN'", "localhost:'$BAD'"], "tls": {'$ca'}},
    {"dial": ["127.0.0.1:'$HANGS'"], "tls": {'$ca', "handshake_timeout": "300ms"}},
    {"dial": ["127.0.0.1:'$GOOD'"], "tls": {'$ca'}}'
server EXCEPT '{"dial": ["127.0.0.1:'$PLAIN'"], "tls": {'$ca', "except_ports": ["'$PLAIN'"]}}'
server MTLS '{"dial": ["localhost:'$MUTUAL'"], "tls": {'$ca',
    "client_certificate_file": "'$tmp/client.pem'", "client_certificate_key_file": "'$tmp/client.key'"}}'
server HEADER '{"dial": ["localhost:'$GOOD'"], "tls": {'$ca'}}' ', "proxy_protocol": "v1"'
export THROUGH=$(free_port)
servers+=', "THROUGH": {"listen": ["127.0.0.1:'$THROUGH'"], "routes": [{"handle": [
    {"handler": "tls", "connection_policies": [{"alpn": ["one", "two"]}]},
    {"handler": "proxy", "upstreams": [{"dial": ["localhost:'$GOOD'"], "tls": {'$ca'}}]}]}]}'
config <<JSON
{"apps": {"layer4": {"servers": {$servers}},
    "tls": {"certificates": {"load_files": [{"certificate": "$tmp/server.pem", "key": "$tmp/server.key"}]}}}}
JSON
daemon
export TMP=$tmp

"$python" - <<'PY' || fail "upstream TLS"
import threading
from peers import *

tmp = os.environ["TMP"]

def server_context(name, client_ca=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(f"{tmp}/{name}.pem", f"{tmp}/{name}.key")
    c.set_alpn_protocols(["two", "three"])
    c.suppress_ragged_eofs = False
    if client_ca:
        c.load_verify_locations(client_ca)
        c.verify_mode = ssl.CERT_REQUIRED
    c.sni_callback = lambda s, name, _: names.append(name)
    return c

names = []
good, bad = Backend(port("GOOD")), Backend(port("BAD"))
plain, mutual = Backend(port("PLAIN")), Backend(port("MUTUAL"))
hangs = Backend(port("HANGS"))

def serve(backend, context):
    """The next connection as a TLS session, or the error that ended its handshake."""
    s = backend.accept()
    try:
        return context.wrap_socket(s, server_side=True)
    except (ssl.SSLError, OSError) as e:
        s.close()
        return e

def ask(listener, backend, context, to=None):
    """Client and server's end of one connection through listener."""
    out = {}
    thread = threading.Thread(target=lambda: out.update(server=serve(backend, context)))
    thread.start()
    client = to(connect(port(listener))) if to else connect(port(listener))
    client.sendall(b"hello")
    thread.join()
    return client, out["server"]

def works(listener, backend, context, to=None):
    client, server = ask(listener, backend, context, to)
    assert isinstance(server, ssl.SSLSocket), f"{listener}: {server!r}"
    expect(server, b"hello")
    server.sendall(b"answer")
    expect(client, b"answer")
    return client, server

def fails(listener, backend, context):
    client, server = ask(listener, backend, context)
    if isinstance(server, ssl.SSLSocket):  # TLS 1.3: it learns of the refusal afterwards
        try:
            got = server.recv(1)
            assert got == b"", f"{listener}: the upstream got {got!r}"
        except OSError:
            pass
    expect_closed(client)

ours, strangers = server_context("server"), server_context("wrong")
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    ours.maximum_version = version
    for listener, name in (("NAMED", "localhost"), ("BYIP", None), ("OTHER", "other.example")):
        client, server = works(listener, good, ours)
        assert names[-1] == name, (listener, names[-1])
        assert server.selected_alpn_protocol() is None
        client.close()
        server.close()

# A large body each way at once, then the ends of both directions, each by itself.
client, server = works("NAMED", good, ours)
up, down = pattern(5 << 20), pattern(4 << 20)[::-1]
got = {}
threads = [threading.Thread(target=client.sendall, args=(up,)),
           threading.Thread(target=lambda: got.update(down=read_exactly(client, len(down))))]
for t in threads:
    t.start()
received, sent, end = bytearray(), 0, time.monotonic() + TIMEOUT
server.setblocking(False)
while len(received) < len(up) or sent < len(down):
    assert time.monotonic() < end, f"stuck: {len(received)} received, {sent} sent"
    try:
        received += server.recv(CHUNK)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        pass
    try:
        sent += server.send(down[sent:sent + 16384]) if sent < len(down) else 0
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        pass
server.settimeout(TIMEOUT)
for t in threads:
    t.join()
assert received == up and got["down"] == down
client.shutdown(socket.SHUT_WR)
assert server.recv(1) == b""  # a close_notify, not only a FIN
server.sendall(b"last words")
expect(client, b"last words")
try:
    server.unwrap()
except (ssl.SSLError, OSError):
    pass
server.close()
expect_end(client)

# Not verified: nobody hears a byte of the client.
fails("SYSTEM", good, ours)
fails("MISNAMED", good, ours)
fails("STRANGER", bad, strangers)
works("INSECURE", bad, strangers)

# No session with the first ones: the next is tried, and nothing of the client is lost.
def speak_plainly():
    s = plain.accept()
    s.sendall(b"220 no TLS here\r\n" * 4)
    read_until_end(s)

def read_until_end(s):
    try:
        read_all(s)
    except OSError:
        pass

for target in (speak_plainly, lambda: serve(bad, strangers), lambda: read_until_end(hangs.accept())):
    threading.Thread(target=target, daemon=True).start()
works("FAILOVER", good, ours)

client = connect(port("EXCEPT"))
client.sendall(b"hello")
expect(plain.accept(), b"hello")

# A certificate of ours, for whoever asks.
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    asking = server_context("server", f"{tmp}/ca.pem")
    asking.maximum_version = version
    _, server = works("MTLS", mutual, asking)
    subject = dict(pair[0] for pair in server.getpeercert()["subject"])
    assert subject["commonName"] == "client", subject

# The PROXY header is the first thing inside of the session.
client, server = ask("HEADER", good, ours)
src, dst = read_proxy_v1(server)
assert src == client.getsockname() and dst == client.getpeername(), (src, dst)
expect(server, b"hello")

# The protocol that was agreed on with the client is the one that is offered.
for offer, chosen in ((["two"], "two"), (["one"], None), (None, None)):
    wrap = lambda s: tls_context(f"{tmp}/ca.pem", offer).wrap_socket(s, server_hostname="localhost")
    ours = server_context("server")
    client, server = ask("THROUGH", good, ours, wrap)
    expect(server, b"hello")
    assert server.selected_alpn_protocol() == chosen, (offer, server.selected_alpn_protocol())
PY
wait_log pointsmand 'from an unknown authority'
wait_log pointsmand "not for the name"
wait_log pointsmand 'renegotiation has no effect'
