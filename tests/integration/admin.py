# SPDX-License-Identifier: BSD-2-Clause
"""Requests to the admin listener, byte by byte where they are meant to be wrong."""

from peers import *


def ask(address, request):
    """What the daemon says until it ends its side: the status, the fields and the body."""
    s = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    s.settimeout(TIMEOUT)
    s.connect(address)
    s.sendall(request)
    answer = read_all(s)
    s.close()
    return take_apart(answer)


def take_apart(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    fields = dict(field.split(": ", 1) for field in fields)
    return int(line.split(" ")[1]), fields, body


def get(address, path, accept=None, method="GET"):
    fields = f"Accept: {accept}\r\n" if accept is not None else ""
    return ask(address, f"{method} {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
