# SPDX-License-Identifier: BSD-2-Clause
"""An HTTP/2 client made of frames, for what no well-behaved client does. The site's name is
site.example.com, its authority's root in $tmp/root.pem."""

import os
import socket
import ssl
import struct

from peers import TIMEOUT

DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
GET = bytes([0x82, 0x87, 0x84, 0x41, 16]) + b"site.example.com"
POST = bytes([0x83]) + GET[1:]


def tls(port, *alpn):
    """A TLS connection that has agreed on the first of alpn."""
    context = ssl.create_default_context(cafile=os.environ["tmp"] + "/root.pem")
    context.set_alpn_protocols(alpn)
    s = socket.create_connection(("127.0.0.1", port), TIMEOUT)
    s = context.wrap_socket(s, server_hostname="site.example.com")
    assert s.selected_alpn_protocol() == alpn[0]
    return s


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Http2:
    def __init__(self, port):
        self.s = tls(port, "h2")
        self.buf = b""
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))

    def send(self, data):
        self.s.sendall(data)

    def read(self):
        """The next frame; None at the end."""
        while len(self.buf) < 9 or len(self.buf) < 9 + int.from_bytes(self.buf[:3], "big"):
            try:
                more = self.s.recv(65536)
            except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
                more = b""
            if not more:
                return None
            self.buf += more
        n = 9 + int.from_bytes(self.buf[:3], "big")
        f, self.buf = self.buf[:n], self.buf[n:]
        return f[3], f[4], int.from_bytes(f[5:9], "big"), f[9:]

    def until(self, kind, stream=None):
        while True:
            f = self.read()
            assert f is not None, f"the end, no frame of type {kind}"
            if f[0] == kind and (stream is None or f[2] == stream):
                return f

    def goaway(self):
        return struct.unpack(">I", self.until(GOAWAY)[3][4:8])[0]

    def flood(self, data, times):
        """May fail: it is told to be calm and then closed."""
        try:
            for _ in range(times):
                self.send(data)
        except OSError:
            pass
