# SPDX-License-Identifier: BSD-2-Clause
"""ctl_golden.py serve SOCKET ANSWERS: a daemon that knows nothing but the answers of a file.
ctl_golden.py terminal WIDTH COMMAND…: runs it on a terminal of that width, prints what it printed."""

import fcntl
import json
import os
import pty
import socket
import struct
import sys
import termios

HELLO = {"protocol": 1, "protocol_min": 1, "version": "1.2.3", "level": "operate", "pid": 4711, "limits": {}}
REV = 57


def answer(answers, method, dry):
    """(what comes in a chunk or None, result, error)"""
    if method == "hello":
        return None, {"rev": REV, **HELLO}, None
    if method not in answers:
        return None, None, {"code": "not_found", "message": f"no answer to {method}"}
    told = answers.get(method + " dry_run" if dry else method, answers[method])
    result = {"rev": REV, **told.get("result", {})}
    if "items" in told:
        return {"items": told["items"]}, {**result, "count": len(told["items"])}, None
    if "text" in told:
        return {"text": told["text"]}, {**result, "bytes": len(told["text"].encode())}, None
    return None, result, None


def talk(client, answers):
    import msgpack
    unpacker = msgpack.Unpacker()
    while data := client.recv(65536):
        unpacker.feed(data)
        for _, number, method, (params,) in unpacker:
            chunk, result, error = answer(answers, method, params.get("dry_run", False))
            if chunk:
                client.sendall(msgpack.packb([2, "chunk", [{"id": number, "rev": REV, **chunk}]]))
            client.sendall(msgpack.packb([1, number, error, result]))


def serve(path, file):
    with open(file, encoding="utf-8") as text:
        answers = json.load(text)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    while True:
        client = listener.accept()[0]
        with client:
            talk(client, answers)


def terminal(width, *command):
    child, main = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, int(width), 0, 0))
        os.execv(command[0], command)
    out = b""
    while True:
        try:
            more = os.read(main, 65536)
        except OSError:  # the other side has gone
            break
        if not more:
            break
        out += more
    sys.stdout.buffer.write(out.replace(b"\r\n", b"\n"))
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    else:
        terminal(*sys.argv[2:])
