# SPDX-License-Identifier: BSD-2-Clause
"""A SOCKS 5 client, and servers that it reaches through the daemon."""

import threading

from peers import *

LOOPBACK = "127.0.0.1"


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def packed(host, at):
    """An address as SOCKS has it: by IP address where it is one, else by name."""
    try:
        ip = socket.inet_pton(family(host), host)
        head = bytes([4 if len(ip) == 16 else 1]) + ip
    except OSError:
        head = bytes([3, len(host)]) + host.encode()
    return head + struct.pack("!H", at)


def request(command, host, at):
    return bytes([5, command, 0]) + packed(host, at)


def read_reply(s):
    """The code, and the address in it."""
    head = read_exactly(s, 4)
    assert head[0] == 5 and head[2] == 0, head
    rest = read_exactly(s, {1: 4, 4: 16}[head[3]] + 2)
    return head[1], address_of(rest)


def address_of(raw):
    kind = socket.AF_INET if len(raw) == 6 else socket.AF_INET6
    return socket.inet_ntop(kind, raw[:-2]), struct.unpack("!H", raw[-2:])[0]


def session(to, host=LOOPBACK):
    s = socket.create_connection((host, to), TIMEOUT)
    s.sendall(b"\x05\x01\x00")
    expect(s, b"\x05\x00")
    return s


def dial(to, command, host, at):
    s = session(to)
    s.sendall(request(command, host, at))
    reply, _ = read_reply(s)
    assert reply == 0, reply
    return s


def exchange(s, t):
    """Both ways, then both ends."""
    for a, b in ((s, t), (t, s)):
        a.sendall(b"over there")
        expect(b, b"over there")
    s.close()
    expect_end(t)
    t.close()


def is_refused(at):
    try:
        socket.create_connection(at).close()
    except ConnectionRefusedError:
        return True
    return False


def refused(at):
    assert is_refused(at), f"somebody listens on {at}"


# ---- datagrams


def udp(source=(LOOPBACK, 0)):
    s = socket.socket(family(source[0]), socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind(source)
    return s


def associate(to, named=("0.0.0.0", 0), host=LOOPBACK):
    """The connection, and where to send datagrams."""
    s = session(to, host)
    s.sendall(request(3, *named))
    reply, relay = read_reply(s)
    assert reply == 0, reply
    return s, relay


def wrap(target, payload):
    return b"\0\0\0" + packed(*target) + payload


def unwrap(raw):
    assert raw[:3] == b"\0\0\0", raw
    end = 4 + {1: 6, 4: 18}[raw[3]]
    return address_of(raw[4:end]), raw[end:]


def nothing(u):
    """Nothing comes any more, for a little while."""
    u.settimeout(0.3)
    try:
        raise AssertionError(f"{u.recv(CHUNK)!r} came")
    except TimeoutError:
        u.settimeout(TIMEOUT)


def is_unreachable(at):
    u = udp()
    u.connect(at)
    u.settimeout(0.2)
    try:
        u.send(b"x")
        u.recv(1)
    except ConnectionRefusedError:
        return True
    except TimeoutError:
        pass
    return False


class Server:
    """Sends back every datagram."""

    def __init__(self, host=LOOPBACK):
        self.socket = udp((host, 0))
        self.socket.settimeout(None)
        self.at = self.socket.getsockname()[:2]
        self.count = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            payload, self.source = self.socket.recvfrom(CHUNK)
            self.count += 1
            self.socket.sendto(payload, self.source)
