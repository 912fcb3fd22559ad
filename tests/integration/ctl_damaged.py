# SPDX-License-Identifier: BSD-2-Clause
"""ctl_damaged.py POINTSCTL SOCKET COMMANDS ANSWERS RUNS: runs commands against a daemon that damages its
answers, always the same ones."""

import collections
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading

import msgpack

from ctl_golden import REV, answer

VALUES = [None, True, False, 0, 1, -1, 2**63, 2**64 - 1, -2**63, 1.5, float("nan"), float("inf"), -1e308, "", "x" * 100,
          "\x1b[2J\r\n", "é", b"\xff\xfe", [], {}, [None] * 3, {"a": 1}, [[[[[]]]]], "9" * 400]
FORMATS = [[], ["-j"], ["-o", "wide"], ["-o", "jsonl"], ["-o", "name"]]
EXITS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 70}
SEED = 11

chance = random.Random(SEED)


def damaged(value):
    if chance.random() < 0.03:
        return chance.choice(VALUES)
    if isinstance(value, dict):
        return {chance.choice([7, "", "x"]) if chance.random() < 0.02 else key: damaged(member)
                for key, member in value.items() if chance.random() > 0.03}
    if isinstance(value, list):
        return [damaged(item) for item in value for _ in range(chance.choice([1, 1, 1, 1, 0, 2]))]
    return value


def messages(answers, number, method, params):
    """What the daemon would send."""
    chunk, result, error = answer(answers, method, params.get("dry_run", False))
    if chunk:
        yield [2, "chunk", [{"id": number, "rev": REV, **chunk}]]
    yield [1, number, error, result]


def damage(message):
    """(bytes, can the client wait for more in vain?)"""
    if chance.random() < 0.05:
        return msgpack.packb(damaged(message)), True
    if message[0] == 2:
        kept = {key: message[2][0][key] for key in ("id", "rev")}
        message = [*message[:2], [{**{k: damaged(v) for k, v in message[2][0].items()}, **kept}]]
    else:
        message = [*message[:3], damaged(message[3])]
    data = bytearray(msgpack.packb(message))
    if chance.random() < 0.05:
        data[chance.randrange(len(data))] = chance.randrange(256)
        return data, True
    if chance.random() < 0.03:
        return data[:chance.randrange(len(data))], True
    return data, False


def talk(client, answers):
    unpacker = msgpack.Unpacker()
    while data := client.recv(65536):
        unpacker.feed(data)
        for _, number, method, (params,) in unpacker:
            for message in messages(answers, number, method, params):
                if method == "hello" and chance.random() < 0.9:
                    client.sendall(msgpack.packb(message))
                    continue
                data, broken = damage(message)
                client.sendall(data)
                if broken:
                    return


def serve(listener, answers):
    while True:
        client = listener.accept()[0]
        with client:
            try:
                talk(client, answers)
            except (OSError, ValueError):
                pass


def run(command, form):
    """Its exit code; it ends, and prints nothing that should not be there."""
    done = subprocess.run([*command[:3], "-t", "5s", *form, *command[3:]], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    what = (command[3:], form, done.returncode, done.stderr[-1500:])
    assert done.returncode in EXITS and b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, what
    if "name" not in form and command[3] != "metrics":
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", done.stdout + done.stderr), (what, done.stdout)
    return done.returncode


def main():
    pointsctl, path, commands, answers, runs = sys.argv[1:]
    with open(answers, encoding="utf-8") as file:
        answers = json.load(file)
    with open(commands, encoding="utf-8") as file:
        lines = [line.split() for line in file if not line.startswith(("help", "-o"))]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    threading.Thread(target=serve, args=(listener, answers), daemon=True).start()
    codes = collections.Counter()
    for number in range(int(runs)):
        command = lines[number % len(lines)]
        codes[run([pointsctl, "-s", path, *command], FORMATS[number // len(lines) % len(FORMATS)])] += 1
    print(dict(codes))
    assert codes[0] > int(runs) // 3, "next to nothing was as it should be: nothing was tried"


if __name__ == "__main__":
    main()
