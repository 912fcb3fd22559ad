# SPDX-License-Identifier: BSD-2-Clause
"""Clients and servers for the integration tests. Every wait has an end: TIMEOUT seconds, far more
than a machine needs that has much else to do."""

import hashlib
import json
import os
import socket
import ssl
import struct
import subprocess
import time

TIMEOUT = 60
socket.setdefaulttimeout(TIMEOUT)

CHUNK = 65536


def port(name):
    """The port that the test's script put into the environment."""
    return int(os.environ[name])


def ctl(program, sock, *args, text=""):
    """What `pointsctl -j` prints; it must end well."""
    done = subprocess.run([program, "-s", sock, "-j", *args], capture_output=True, timeout=TIMEOUT,
        input=text.encode())
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def connect(to, source=None):
    s = socket.create_connection(("127.0.0.1", to), TIMEOUT, source_address=source)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


class Backend:
    """A listening socket; accept() gives the next connection of the daemon."""

    def __init__(self, at, host="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, at))
        self.socket.listen(128)

    def accept(self):
        s, _ = self.socket.accept()
        s.settimeout(TIMEOUT)
        return s

    def nobody_within(self, seconds):
        """Nobody connected in that time."""
        self.socket.settimeout(seconds)
        try:
            s, who = self.socket.accept()
        except TimeoutError:
            return
        finally:
            self.socket.settimeout(TIMEOUT)
        raise AssertionError(f"a connection came from {who}, saying {s.recv(100)!r}")

    def close(self):
        self.socket.close()


def datagrams(source=("127.0.0.1", 0), to=None):
    """A UDP socket of that address, connected to a port of 127.0.0.1 where to names one."""
    s = socket.socket(socket.AF_INET6 if ":" in source[0] else socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind(source)
    if to is not None:
        s.connect(("127.0.0.1", to))
    return s


def expect_datagram(s, wanted):
    got = s.recv(CHUNK)
    assert got == wanted, f"{got[:100]!r} ({len(got)}), not {wanted[:100]!r} ({len(wanted)})"


def expect_no_datagram(s, seconds=0.3):
    s.settimeout(seconds)
    try:
        assert False, f"{s.recv(CHUNK)[:100]!r}, not nothing"
    except TimeoutError:
        s.settimeout(TIMEOUT)


def read_exactly(s, n):
    out = bytearray()
    while len(out) < n:
        more = s.recv(n - len(out))
        assert more, f"the end came after {bytes(out)!r}, {n - len(out)} bytes early"
        out += more
    return bytes(out)


def read_all(s):
    """Everything up to the end of the stream."""
    out = bytearray()
    while more := s.recv(CHUNK):
        out += more
    return bytes(out)


def expect(s, wanted):
    got = read_exactly(s, len(wanted))
    assert got == wanted, f"{got!r}, not {wanted!r}"


def expect_end(s):
    got = s.recv(CHUNK)
    assert got == b"", f"{got!r}, not the end of the stream"


def expect_reset(s):
    try:
        got = s.recv(CHUNK)
    except ConnectionResetError:
        return
    raise AssertionError(f"{got!r}, not a reset")


def expect_closed(s):
    """The other side has ended the connection, one way or the other, without a byte."""
    try:
        got = s.recv(CHUNK)
    except ConnectionResetError:
        return
    assert got == b"", f"{got!r}, not the end"


def reset(s):
    """Closes with a reset instead of an end."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def fill(s, most):
    """Writes until the other side has taken nothing for a second; returns how many bytes went."""
    s.settimeout(1)
    block = b"\0" * CHUNK
    sent = 0
    try:
        while sent < most:
            sent += s.send(block)
    except TimeoutError:
        pass
    s.settimeout(TIMEOUT)
    return sent


def pattern(size):
    """size bytes in which no two places look the same, so that lost and swapped bytes show."""
    out = bytearray()
    i = 0
    while len(out) < size:
        out += hashlib.sha512(struct.pack("!Q", i)).digest()
        i += 1
    return bytes(out[:size])


def tls_context(ca=None, alpn=None):
    context = ssl.create_default_context(cafile=ca)
    if ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


def client_hello(name, alpn=None):
    """The bytes of a real ClientHello, in one record."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = tls_context(alpn=alpn).wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def in_records(hello, size):
    """The same handshake message cut into records of size bytes each."""
    body = hello[5:]
    return b"".join(
        hello[:3] + struct.pack("!H", len(part)) + part
        for part in (body[i:i + size] for i in range(0, len(body), size))
    )


def within(seconds, what, ask):
    """Asks until the answer is true."""
    end = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def slowest_echo(to, times):
    """The slowest of so many connections to a port that sends a byte back, in seconds."""
    slowest = 0
    for _ in range(times):
        start = time.monotonic()
        with connect(to) as s:
            s.sendall(b"x")
            expect(s, b"x")
        slowest = max(slowest, time.monotonic() - start)
    return slowest


def rss_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


PROXY2 = b"\r\n\r\n\0\r\nQUIT\n"


def proxy_v1(src, dst):
    return f"PROXY TCP4 {src[0]} {dst[0]} {src[1]} {dst[1]}\r\n".encode()


def proxy_v2(src, dst, command=1, tlvs=b""):
    body = socket.inet_aton(src[0]) + socket.inet_aton(dst[0]) + struct.pack("!HH", src[1], dst[1])
    body += tlvs
    return PROXY2 + bytes([0x20 | command, 0x11]) + struct.pack("!H", len(body)) + body


def read_proxy_v1(s):
    line = b""
    while not line.endswith(b"\r\n"):
        line += read_exactly(s, 1)
        assert len(line) <= 107, line
    word, family, src, dst, sport, dport = line.decode().split()
    assert word == "PROXY" and family == "TCP4", line
    return (src, int(sport)), (dst, int(dport))


def read_proxy_v2(s):
    head = read_exactly(s, 16)
    assert head[:12] == PROXY2 and head[12] == 0x21, head
    body = read_exactly(s, struct.unpack("!H", head[14:])[0])
    assert head[13] == 0x11, head
    sport, dport = struct.unpack("!HH", body[8:12])
    return (socket.inet_ntoa(body[:4]), sport), (socket.inet_ntoa(body[4:8]), dport)
