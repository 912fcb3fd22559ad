# SPDX-License-Identifier: BSD-2-Clause
"""ctl_options.py POINTSCTL SOCKET FOLDER CALLS: runs every command of pointsctl, and each with each of
its options, well and badly; leaves what they answered in CALLS, for schemas.py."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys

POINTSCTL, SOCKET, FOLDER, CALLS = sys.argv[1:]

# A command a line: the exit code and the arguments with which it goes, and with which it is refused.
# Where it takes -n the former are given with that, so that each finds what the one before it found.
COMMANDS = """
acme challenge   | 0 add http-01 token token.print | 7 add http-02 a b
acme rekey       | 5 localhost                     | 2
batch            | 0 DIR/script                    | 2 DIR/route.json
ca root          | 0                               | 5 none
call             | 0 ping                          | 5 pong
cert ls          | 0                               | 2 x
cert renew       | 0 localhost                     | 5 none
cert revoke      | 5 localhost                     | 5 none
cert set         | 0 site.example DIR/site.pem DIR/site.key | 5 none DIR/site.pem DIR/site.key
cert show        | 0 localhost                     | 5 none
completion       | 0 bash                          | 2 tcsh
config apply     | 0 DIR/document.json             | 7 DIR/route.json
config check     | 0 DIR/document.json             | 7 DIR/route.json
config confirm   | 5                               | 2 x
config diff      | 1 saved                         | 5 99999
config export    | 0                               | 2 x
config history   | 0                               | 2 x
config reload    | 0                               | 2 x
config rollback  | 0                               | 5 99999
config save      | 0                               | 2 x
config show      | 0                               | 2 x
conn kill        | 0 CONN                             | 5 99999
conn ls          | 0                               | 7 x
conn show        | 0 CONN                             | 5 99999
conn watch       | 0 --since 0                     | 7 sorc==x
daemon stop      | -                               | 2 x
help             | 0 conn ls                       | 2 con ls
listener add     | 0 --server main 127.0.0.1:OTHER | 6 --server main 127.0.0.1:PORT
listener ls      | 0                               | 2 x
listener pause   | 0 127.0.0.1:PORT                | 5 127.0.0.1:1
listener resume  | 0 127.0.0.1:PORT                | 5 127.0.0.1:1
listener rm      | 0 127.0.0.1:PORT                | 5 127.0.0.1:1
listener show    | 0 127.0.0.1:PORT                | 5 127.0.0.1:1
log level        | 0 tee info                      | 5 te info
log ls           | 0                               | 2 x
metrics          | 0                               | 2 x
monitor          | 0 config --since 0              | 7 confg
ping             | 0                               | 2 x
route add        | 0 --server main DIR/route.json  | 7 --server main DIR/document.json
route disable    | 0 echo                          | 5 ecko
route enable     | 0 echo                          | 5 ecko
route ls         | 0                               | 2 x
route mv         | 0 echo --last                   | 5 ecko --last
route replace    | 0 echo DIR/route.json           | 5 ecko DIR/route.json
route rm         | 0 echo                          | 5 ecko
route set        | 0 echo match=[]                 | 7 echo mtch=[]
route show       | 0 echo                          | 5 ecko
route test       | 0 --listener 127.0.0.1:PORT     | 5 --listener 127.0.0.1:1
schema           | 0 conn ls                       | 2 con ls
server add       | 0 more 'listen=["127.0.0.1:OTHER"]' | 6 main 'listen=["127.0.0.1:OTHER"]'
server ls        | 0                               | 2 x
server rm        | 0 main                          | 5 mian
server show      | 0 main                          | 5 mian
shell            | 0                               | 2 x
stats            | 0                               | 7 rotes
status           | 0                               | 2 x
top              | 0 --once --interval 100ms       | 2 --once rotes
trace            | 0 --for 1s                      | 7 src==
upstream add     | 0 inner 127.0.0.1:29            | 5 iner 127.0.0.1:29
upstream disable | 0 inner one                     | 5 inner two
upstream drain   | 0 inner one                     | 5 inner two
upstream enable  | 0 inner one                     | 5 inner two
upstream health  | 0 inner one auto                | 7 inner one on
upstream ls      | 0                               | 2 x
upstream rm      | 0 inner one                     | 5 inner two
upstream set     | 0 inner one weight=2            | 7 inner one wight=2
upstream show    | 0 inner one                     | 5 inner two
upstream swap    | 0 inner 127.0.0.1:39            | 7 inner 127.0.0.1
version          | 0                               | 2 x
"""

# An option a line: a value that goes, and one that is refused with that code. Flags take none.
OPTIONS = """
after          | web           | 5 none
alpn           | h2,http/1.1   | 7 LONG
before         | web           | 5 none
bytes          | DIR/route.json | 2 DIR/none
comment        | 'a reason'    | 10 LONG
confirm        | 60s           | 2 soon
count          | 1             | 2 0
drain          | 0             | 2 soon
existing       | drain=5s      | 2 perhaps
expires-within | 30d           | 2 soon
file           | DIR/route.json | 2 DIR/none
filter         | id>0          | 7 id>>
for            | 1s            | 2 soon
if-rev         | REV           | 6 99999
in             | web           | 5 none
interval       | 100ms         | 2 0
limit          | 1             | 2 x
listener       | 127.0.0.1:PORT | 5 127.0.0.1:1
server         | main          | 5 none
since          | 0             | 6 99999999
sni            | a.example     | 7 LONG
src            | 192.0.2.7     | 7 nobody
state          | ended         | 2 dead
txn-id         | ONCE          | 7 ''
wrapper        | site          | 5 none
"""

# What is not so for all: the whole of the arguments with which an option goes, or is refused.
GOES = """
batch --file           | DIR/script
call --file            | -f DIR/id.json route.show
config apply --file    | -n -f DIR/document.json
config check --file    | -f DIR/document.json
config check --strict  | DIR/clean.json
conn kill --filter     | -n --filter id>0
conn ls --after        | --after 0
conn watch --filter    | --since 0 --filter id>0
listener add --server  | -n --server main 127.0.0.1:OTHER
log level --for        | tee info --for 10m
monitor --filter       | config --since 0 --filter revision>0
route add --after      | -n --after web DIR/route.json
route add --before     | -n --before web DIR/route.json
route add --in         | -n --in web DIR/route.json
route add --server     | -n --server main DIR/route.json
route add --wrapper    | -n --wrapper site DIR/route.json
route add --file       | -n --server main -f DIR/route.json
route mv --first       | -n echo --first
route mv --last        | -n echo --last
route mv --after       | -n echo --after web
route mv --before      | -n echo --before web
route replace --file   | -n echo -f DIR/route.json
route test --sni       | --listener 127.0.0.1:PORT --sni a.example
route test --alpn      | --listener 127.0.0.1:PORT --sni a --alpn h2
server add --file      | -n more -f DIR/server.json
upstream drain --wait  | inner one --wait
"""
REFUSED = """
cert ls --expires-within | 2 --expires-within soon
config apply --if-rev    | 6 DIR/document.json --if-rev 99999
conn kill --filter       | 7 --filter id>>
conn ls --after          | 2 --after x
config apply --file      | 2 -f DIR/none
config check --file      | 2 -f DIR/none
batch --file             | 2 -f DIR/none
call --file              | 2 -f DIR/none route.show
listener add --server    | 5 --server none 127.0.0.1:OTHER
route add --after        | 5 --after none DIR/route.json
route add --before       | 5 --before none DIR/route.json
route add --in           | 5 --in none DIR/route.json
route add --server       | 5 --server none DIR/route.json
route add --wrapper      | 5 --wrapper none DIR/route.json
route add --file         | 2 --server main -f DIR/none
route mv --after         | 5 echo --after none
route mv --before        | 5 echo --before none
route replace --file     | 2 echo -f DIR/none
server add --file        | 2 more -f DIR/none
monitor --since          | 6 --since 99999999
conn watch --since       | 6 --since 99999999
trace --for              | 2 --for soon
"""

ENDLESS = ("conn watch", "monitor")
LOCAL = ("completion", "help", "schema", "version", "shell")  # what asks no daemon, or not at once
NEVER_DRY = ("dry-run", "echo", "wait")
SILENT = ("acme challenge", "cert renew", "cert set", "log level", "shell", "trace")
TEXT = ("help", "completion", "shell")  # prints no JSON
made = 0
faults = []


def words(text):
    for name, value in (("DIR", FOLDER), ("PORT", os.environ["PORT"]), ("OTHER", os.environ["OTHER"]),
                        ("CONN", os.environ["CONN"]),
                        ("LONG", "x" * 2000)):
        text = text.replace(name, value)
    return shlex.split(text)


def table(text):
    for line in text.strip().splitlines():
        yield [cell.strip() for cell in line.split("|")]


def expected(cell):
    code, _, rest = cell.partition(" ")
    return int(code), words(rest)


def ask_revision():
    return json.loads(subprocess.run([POINTSCTL, "-s", SOCKET, "-j", "ping"], check=True,
                                     stdout=subprocess.PIPE).stdout)["rev"]


def until_it_speaks(command):
    """For what ends with its reader: its first line."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as p:
        line = p.stdout.readline()
        if line:
            p.send_signal(signal.SIGTERM)
        p.stdout.read()
        return p.wait(60), line.decode(), p.stderr.read().decode()


def run(command, code, *args, form="-j"):
    """(standard output, standard error)"""
    global made
    arguments = [*command.split(), *args]
    whole = [POINTSCTL, "-s", SOCKET, *([form] if form else []), *arguments]
    if command in ENDLESS and code == 0:
        got, out, err = until_it_speaks(whole)
    else:
        done = subprocess.run(whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              text=True, timeout=60)
        got, out, err = done.returncode, done.stdout, done.stderr
    said = f"pointsctl {' '.join(arguments)[:300]}: {got}, not {code}: {out[:500]}{err[:500]}"
    if got != code or (code >= 2 and (out or not err)):
        faults.append(said)
    if form == "-j" and command not in TEXT:
        base = f"{CALLS}/option-{(made := made + 1)}"
        for suffix, text in ((".args", "\n".join(arguments)), (".out", out), (".err", err), (".code", str(got))):
            with open(base + suffix, "w", encoding="utf-8") as file:
                file.write(text)
    return out, err


def usage(*command):
    return subprocess.run([POINTSCTL, *command, "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout


def options_of(command):
    """{name: has it a value?} without the common ones."""
    text = usage(*command.split()).partition("\noptions:\n")[2].partition("  -s, --socket")[0]
    return {name: bool(argument) for name, argument in re.findall(r"^  (?:-\w,|   ) --([a-z-]+)( [A-Z]+)?", text, re.M)}


def check_command(command, goes, refused):
    if goes != "-":
        code, args = expected(goes)
        options = options_of(command)
        if "dry-run" in options:
            args = ["-n", *args]
        run(command, code, *args)
        out, _ = run(command, code, *args, form=None)
        if not out and code < 2 and command not in SILENT:
            faults.append(f"{command} says nothing")
    code, args = expected(refused)
    run(command, code, *args)
    _, err = run(command, code, *args, form=None)
    if not err.startswith("pointsctl: "):
        faults.append(f"{command}: {err}")
    run(command, 2, "--no-such-option")
    if command not in LOCAL and goes != "-":
        away = subprocess.run([POINTSCTL, "-s", FOLDER + "/nowhere", *command.split(), *expected(goes)[1]],
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=60)
        if away.returncode != 3 or "nowhere" not in away.stderr:
            faults.append(f"{command} without a daemon: {away}")


def check_option(command, base, option, has_value, values, goes, refused):
    whole = f"{command} --{option}"
    code, args = expected(base) if base != "-" else (0, [])
    dry = ["-n"] if "dry-run" in options_of(command) and option not in NEVER_DRY else []
    if has_value:
        good, bad = values[option]
        good = good.replace("REV", str(ask_revision())).replace("ONCE", "once-" + command.replace(" ", "-"))
        bad_code, bad = expected(bad)
    if base != "-":
        if whole in goes:
            run(command, 0, *words(goes[whole]))
        elif has_value:
            run(command, code, *args, *dry, f"--{option}", *words(good))
        else:
            run(command, code, *args, *dry, f"--{option}")
    if whole in refused:
        bad_code, bad = expected(refused[whole])
        run(command, bad_code, *bad)
    elif has_value:
        run(command, bad_code, *args, f"--{option}", *bad)
    else:
        run(command, 2, *args, f"--{option}=x")


def write(name, value):
    with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as file:
        file.write(value if isinstance(value, str) else json.dumps(value))


def restore():
    subprocess.run([POINTSCTL, "-s", SOCKET, "config", "apply", f"{FOLDER}/document.json"], check=True,
                   stdout=subprocess.DEVNULL)


def main():
    write("route.json", {"@id": "new", "handle": [{"handler": "close"}]})
    write("server.json", {"listen": ["127.0.0.1:" + os.environ["OTHER"]]})
    write("script", f"listener pause 127.0.0.1:{os.environ['PORT']}\nlistener resume 127.0.0.1:{os.environ['PORT']}\n")
    write("id.json", {"id": "web"})
    write("clean.json", {})
    told = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", usage().partition("\noptions:")[0], re.M)
    commands = {name: cells for name, *cells in table(COMMANDS)}
    assert sorted(told) == sorted(commands), set(told) ^ set(commands)
    values = {name: cells for name, *cells in table(OPTIONS)}
    goes, refused = (dict(table(text)) for text in (GOES, REFUSED))
    unsaved = json.dumps({"@id": "unsaved", "handle": [{"handler": "close"}]})
    subprocess.run([POINTSCTL, "-s", SOCKET, "route", "add", "--wrapper", "site"], input=unsaved, text=True,
                   check=True, stdout=subprocess.DEVNULL)
    write("document.json", subprocess.run([POINTSCTL, "-s", SOCKET, "config", "export"], check=True,
                                          stdout=subprocess.PIPE, text=True).stdout)
    used = set()
    for command, (good, bad) in commands.items():
        check_command(command, good, bad)
        for option, has_value in options_of(command).items():
            assert not has_value or option in values, f"nothing is known of --{option}"
            check_option(command, good, option, has_value, values, goes, refused)
            if option in NEVER_DRY:
                restore()
            used |= {f"{command} --{option}", option}
    unknown = (set(values) | set(goes) | set(refused)) - used
    assert not unknown, f"nothing has {unknown}"
    run("daemon stop", 0, "--drain", "0", "--wait")
    print("\n".join(faults))
    print(f"{len(commands)} commands, {len([u for u in used if ' ' in u])} options of them, {made} answers")
    sys.exit(len(faults) > 0)


if __name__ == "__main__":
    main()
