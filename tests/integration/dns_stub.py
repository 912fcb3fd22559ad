# SPDX-License-Identifier: BSD-2-Clause
# Name servers for the tests of DNS-01, over UDP: dns_stub.py FOLDER ADDRESS:PORT…
# FOLDER/records has a line "NAME TYPE VALUE" for each record, read at each question; FOLDER/hidden
# the addresses that have no TXT records yet. Each question is noted in FOLDER/asked: "ADDRESS TYPE
# NAME".
import pathlib
import selectors
import socket
import struct
import sys

folder = pathlib.Path(sys.argv[1])
TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 16: "TXT", 28: "AAAA"}
NXDOMAIN = 3


def lines(name):
    try:
        return (folder / name).read_text().splitlines()
    except FileNotFoundError:
        return []


def encode(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def decode(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels).lower(), at + 1


def data(kind, value):
    match kind:
        case "A":
            return socket.inet_aton(value)
        case "TXT":
            return bytes([len(value)]) + value.encode()
        case "SOA":
            return encode(value) + encode("ops." + value) + struct.pack("!5I", 1, 2, 3, 4, 5)
    return encode(value)


def answers(address, name, kind):
    """What is there for the name, and what it stands for."""
    found = []
    for record in lines("records"):
        owner, its_kind, value = record.split()
        if owner != name or (its_kind == "TXT" and address in lines("hidden")):
            continue
        if its_kind == kind:
            found.append((owner, its_kind, value))
        elif its_kind == "CNAME":
            return [(owner, its_kind, value)] + answers(address, value, kind)
    return found


def respond(address, message):
    name, end = decode(message, 12)
    kind = TYPES.get(struct.unpack("!H", message[end : end + 2])[0], "?")
    with (folder / "asked").open("a") as file:
        print(address, kind, name, file=file)
    found = answers(address, name, kind)
    known = any(record.split()[0] == name for record in lines("records"))
    head = message[:2] + struct.pack("!5H", 0x8580 | (0 if known else NXDOMAIN), 1, len(found), 0, 0)
    body = message[12 : end + 4]
    numbers = {text: number for number, text in TYPES.items()}
    for owner, its_kind, value in found:
        rdata = data(its_kind, value)
        body += encode(owner) + struct.pack("!HHIH", numbers[its_kind], 1, 1, len(rdata)) + rdata
    return head + body


selector = selectors.DefaultSelector()
for text in sys.argv[2:]:
    host, port = text.rsplit(":", 1)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((host, int(port)))
    selector.register(server, selectors.EVENT_READ, host)
(folder / "ready").touch()
while True:
    for key, _ in selector.select():
        question, client = key.fileobj.recvfrom(4096)
        key.fileobj.sendto(respond(key.data, question), client)
