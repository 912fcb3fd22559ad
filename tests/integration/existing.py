# SPDX-License-Identifier: BSD-2-Clause
"""existing.py: for each kind of change and each --existing, what becomes of connections. The document
is that of existing.sh; $CTL talks to the daemon at $SOCK."""

import copy
import json
import os
import subprocess
import threading

from peers import *

TMP = os.environ["TMP"]


class Echo(threading.Thread):
    """An upstream that sends back what it gets."""

    def __init__(self, where):
        super().__init__(daemon=True)
        self.backend = Backend(where)
        self.start()

    def run(self):
        while True:
            threading.Thread(target=self.serve, args=(self.backend.socket.accept()[0],), daemon=True).start()

    @staticmethod
    def serve(s):
        try:
            while data := s.recv(4096):
                s.sendall(data)
        except OSError:
            pass
        s.close()


def ctl(*args):
    done = subprocess.run([os.environ["CTL"], "-s", os.environ["SOCK"], *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0, (args, done.returncode, done.stderr)
    return done.stdout


def ask(*args):
    return json.loads(ctl("-j", *args))


def document(name, change):
    """A file with the document of the beginning, changed."""
    with open(f"{TMP}/base.json", encoding="utf-8") as file:
        doc = json.load(file)
    change(doc["apps"]["layer4"]["servers"])
    with open(f"{TMP}/{name}.json", "w", encoding="utf-8") as file:
        json.dump(doc, file)
    return f"{TMP}/{name}.json"


def opened(where, source="127.0.0.1"):
    s = connect(port(where), (source, 0))
    s.sendall(b"hello")
    expect(s, b"hello")
    return s


def alive(s):
    s.sendall(b"still here")
    expect(s, b"still here")


# ---- the changes: (what, command, where its connections are, is it one of the file's) ------------------

def of_web():
    return [opened("ONE", "127.0.0.2") for _ in range(2)]


def of_second_listener():
    return [opened("TWO") for _ in range(2)]


def of_other_server():
    return [opened("MORE") for _ in range(2)]


def operations():
    with open(f"{TMP}/web.json", "w", encoding="utf-8") as file:
        json.dump({"@id": "web", "handle": [{"handler": "close"}]}, file)
    yield ["route", "rm", "web"], of_web
    yield ["route", "replace", "web", f"{TMP}/web.json"], of_web
    yield ["route", "set", "web", "match=[{\"ssh\":{}}]"], of_web
    yield ["route", "disable", "web"], of_web
    yield ["upstream", "rm", "web", "a"], of_web
    yield ["upstream", "disable", "web", "a"], of_web
    yield ["upstream", "drain", "web", "a"], of_web
    yield ["upstream", "swap", "web", f"127.0.0.1:{port('B')}"], of_web
    yield ["listener", "rm", f"127.0.0.1:{port('TWO')}"], of_second_listener
    yield ["server", "rm", "more"], of_other_server


def documents():
    yield document("no-web", lambda s: s["main"]["routes"].pop(0)), of_web
    yield document("other-web", lambda s: s["main"]["routes"][0].update(match=[{"ssh": {}}])), of_web
    yield document("no-listener", lambda s: s["main"]["listen"].pop()), of_second_listener
    yield document("no-more", lambda s: s.pop("more")), of_other_server


# ---- what becomes of them ---------------------------------------------------------------------------------

def none_left():
    return ask("conn", "ls")["items"] == []


def reset():
    within(60, "the end of what was opened", none_left)
    ctl("config", "apply", f"{TMP}/base.json")


def count_of(answer):
    got = answer["connections"]
    return sum(got) if isinstance(got, list) else got


WORDS = {"keep": "2 connections kept", "kill": "2 connections ended",
         "drain=1h": "2 connections may go on for 1h", "drain=100ms": "2 connections may go on for 100ms"}


def check(command, opener, existing, text):
    """The change with that --existing; text: is the answer looked at as text?"""
    other = opened("ONE")
    subjects = opener()
    what = (command, existing)
    if text:
        said = ctl(*command, "--existing", existing)
        assert WORDS[existing] in said, (what, said)
    else:
        said = ask(*command, "--existing", existing)
        assert count_of(said) == 2, (what, said)
    for s in subjects:
        if existing in ("keep", "drain=1h"):
            alive(s)
        else:
            expect_closed(s)
    alive(other)
    for s in (other, *subjects):
        s.close()


def dry(command, opener):
    before = ask("ping")["rev"]
    subjects = [opened("ONE"), *opener()]
    said = ask(*command, "-n")
    assert said["existing"] == {"keep": 0, "drain": 2, "kill": 2}, (command, said)
    assert "touch: keep 0, drain 2, kill 2" in ctl(*command, "-n"), command
    assert ask("ping")["rev"] == before
    for s in subjects:
        alive(s)
        s.close()
    within(60, "the end of what was opened", none_left)


def each(command, opener, begin=lambda: None, has_dry=True):
    """begin(): what leads to the state in which the command is given."""
    begin()
    if has_dry:
        dry(command, opener)
    for number, existing in enumerate(WORDS):
        check(command, opener, existing, number % 2 == 0)
        reset()
        begin()


def put_file(name):
    with open(name, encoding="utf-8") as file, open(f"{TMP}/config.json", "w", encoding="utf-8") as to:
        to.write(file.read())


def main():
    echoes = [Echo(port("A")), Echo(port("B"))]
    for command, opener in operations():
        each(command, opener)
        reset()
    for name, opener in documents():
        each(["config", "apply", name], opener)
        put_file(name)
        each(["config", "reload"], opener, has_dry=False)
        # Back to a document without it, from one that has it.
        def back(name=name):
            ctl("config", "apply", name)
            ctl("config", "apply", f"{TMP}/base.json")
        each(["config", "rollback"], opener, begin=back)
        reset()
    # Nothing goes: nobody is concerned, though a route moves and another comes.
    held = [opened("ONE"), *of_web()]
    def moved(servers):
        servers["main"]["routes"].reverse()
        servers["main"]["routes"].append({"@id": "new", "handle": [{"handler": "close"}]})
    assert count_of(ask("config", "apply", document("moved", moved), "--existing", "kill")) == 0
    for s in held:
        alive(s)
    refusal = subprocess.run([os.environ["CTL"], "-s", os.environ["SOCK"], "call", "config.reload", "existing=kil"],
                             stderr=subprocess.PIPE, text=True)
    assert refusal.returncode == 7 and "keep, drain or kill" in refusal.stderr, refusal
    for params, word in (["existing=kill", "drain=5s"], "drain alone"), (["existing=drain", "drain=x"], "a duration"):
        refusal = subprocess.run([os.environ["CTL"], "-s", os.environ["SOCK"], "call", "config.reload", *params],
                                 stderr=subprocess.PIPE, text=True)
        assert refusal.returncode == 7 and word in refusal.stderr, refusal
    del echoes


if __name__ == "__main__":
    main()
