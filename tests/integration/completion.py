# SPDX-License-Identifier: BSD-2-Clause
"""completion.py SHELL FOLDER SOCKET PORT CONNECTION: types command lines into a real shell, in FOLDER, with TABs
in them, and looks at the words that the shell then calls pointsctl with. The first word in PATH is
that of pointsctl's folder; scripts are in $top_srcdir/ctl/completion."""

import os
import pty
import re
import select
import signal
import sys
import time

SECONDS = 60  # that a shell has for an answer

# pointsctl prints its arguments, but where it is the completion that asks.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], r"""
bind 'set enable-bracketed-paste off'
PS1='' PS2=''
. <(pointsctl completion bash)
pointsctl() { case $1 in completion) command pointsctl "$@" ;; *) printf '<%s>' "$@"; echo '!' ;; esac; }
"""),
    "zsh": (["zsh", "-f", "-i"], r"""
unsetopt PROMPT_SP BEEP; unset zle_bracketed_paste; PS1='' PS2=''
fpath=($top_srcdir/ctl/completion $fpath)
autoload -Uz compinit && compinit -u -D
pointsctl() { case $1 in completion) command pointsctl "$@" ;; *) printf '<%s>' "$@"; echo '!' ;; esac; }
"""),
    "zsh-sourced": (["zsh", "-f", "-i"], r"""
unsetopt PROMPT_SP BEEP; unset zle_bracketed_paste; PS1='' PS2=''
autoload -Uz compinit && compinit -u -D
. <(pointsctl completion zsh)
pointsctl() { case $1 in completion) command pointsctl "$@" ;; *) printf '<%s>' "$@"; echo '!' ;; esac; }
"""),
    "fish": (["fish", "--no-config", "--private", "-i"], r"""
function fish_prompt; end
function fish_greeting; end
pointsctl completion fish | source
function pointsctl; if test "$argv[1]" = completion; command pointsctl $argv; else; printf '<%s>' $argv; echo '!'; end; end
"""),
}


def cases(sock, port, conn):
    """(what is typed behind "pointsctl ", the arguments that come of it)"""
    socket = ["-s", sock]
    live = f"-s {sock} "
    yield "lis\tls", ["listener", "ls"]
    yield "route repl\tx", ["route", "replace", "x"]
    yield "route mv x --bef\ty", ["route", "mv", "x", "--before", "y"]
    yield "-o na\tstatus", ["-o", "name", "status"]
    yield "route add --server x some-r\t", ["route", "add", "--server", "x", "some-route.json"]
    yield "route add -f fold\tin\t", ["route", "add", "-f", "folder/inner.json"]
    yield "config check --file=some-r\t", ["config", "check", "--file=some-route.json"]
    yield "upstream health r u do\t", ["upstream", "health", "r", "u", "down"]
    yield live + "route show we\t", [*socket, "route", "show", "web"]
    yield live + "route mv web --before=ec\t", [*socket, "route", "mv", "web", "--before=echo"]
    yield live + "route show \\#\t", [*socket, "route", "show", "#3"]
    yield live + "listener show 127\t", [*socket, "listener", "show", f"127.0.0.1:{port}"]
    yield live + f"listener show 127.0.0.1:{str(port)[:2]}\t", [*socket, "listener", "show", f"127.0.0.1:{port}"]
    yield "monitor conn.cl\t", ["monitor", "conn.close"]
    yield "stats up\t", ["stats", "upstream"]
    yield "log level deb\t", ["log", "level", "debug"]
    yield "route rm x --existing=ke\t", ["route", "rm", "x", "--existing=keep"]
    yield "route rm x --existing ki\t", ["route", "rm", "x", "--existing", "kill"]
    yield "--lev\top\tstatus", ["--level", "operate", "status"]
    yield "conn ls --lim\t3", ["conn", "ls", "--limit", "3"]
    yield "config apply --com\tx", ["config", "apply", "--comment", "x"]
    yield "help conn wa\t", ["help", "conn", "watch"]
    yield "acme challenge add tls\t", ["acme", "challenge", "add", "tls-alpn-01"]
    yield live + "log level acces\tinfo", [*socket, "log", "level", "access", "info"]
    yield live + "call conn.l\t", [*socket, "call", "conn.ls"]
    yield live + "config rollback 1\t", [*socket, "config", "rollback", "1"]
    yield live + "config diff sav\t", [*socket, "config", "diff", "saved"]
    yield live + "server show mai\t", [*socket, "server", "show", "main"]
    yield live + "cert show localh\t", [*socket, "cert", "show", "localhost"]
    yield live + f"conn show {conn[:-1]}\t", [*socket, "conn", "show", conn]
    yield live + "upstream show web 10.0.0.7\t", [*socket, "upstream", "show", "web", "10.0.0.7:80"]


def shown():
    """(what is typed, what the shell then shows besides): descriptions, but bash has none"""
    yield "conn \t", ["kill", "watch", "connections as they come and go"]
    yield "conn ls --\t", ["--filter", "--limit", "only those that match"]
    yield "monitor config.\t", ["config.changed", "config.refused", "a document was refused"]


class Shell:
    def __init__(self, command, folder):
        self.said = b""
        self.child, self.main = pty.fork()  # the terminal is the shell's own, or fish complains
        if self.child == 0:
            os.chdir(folder)
            env = dict(os.environ, TERM="xterm", HOME=folder, INPUTRC="/dev/null", LC_ALL="C.UTF-8")
            os.execvpe(command[0], command, env)

    def write(self, text):
        os.write(self.main, text.encode())

    def until(self, pattern):
        """What the shell says up to the pattern, which is found behind what was found before."""
        end = time.monotonic() + SECONDS
        while True:
            found = re.search(pattern, self.said)
            if found:
                self.said = self.said[found.end():]
                return found
            assert time.monotonic() < end, f"no {pattern!r} in {self.said!r}"
            if select.select([self.main], [], [], 1)[0]:
                self.said += os.read(self.main, 65536)

    def shows(self, texts):
        """Waits until the shell has said all of them, in any order."""
        end = time.monotonic() + SECONDS
        while missing := [text for text in texts if text.encode() not in self.said]:
            assert time.monotonic() < end, f"no {missing} in {self.said!r}"
            if select.select([self.main], [], [], 1)[0]:
                self.said += os.read(self.main, 65536)
        self.said = b""

    def close(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.main)


def words(text):
    return re.findall(r"<([^>]*)>", text.decode())


def check_shown(name, shell, typed, wanted):
    """Then the line is thrown away. bash has no descriptions, and wants the TAB twice."""
    described = not name.startswith("bash")
    shell.write("pointsctl " + typed + ("" if described else "\t"))
    shell.shows([text[:12] for text in wanted if described or " " not in text])  # long ones may be cut
    shell.write("\x03")
    shell.write("\npointsctl again\n")
    shell.until(rb"<again>!")


def main():
    name, folder, sock, port, conn = sys.argv[1:]
    command, setup = SHELLS[name]
    shell = Shell(command, folder)
    failed = 0
    try:
        for line in setup.strip().splitlines():
            shell.write(line + "\n")
        shell.write("pointsctl ready\n")
        shell.until(rb"<ready>!")
        for typed, want in cases(sock, port, conn):
            shell.write("pointsctl " + typed + "\n")
            got = words(shell.until(rb"((?:<[^<>]*>)+)!").group(1))
            if got != want:
                failed += 1
                print(f"{name}: {typed!r} became {got}, not {want}")
        for typed, wanted in shown():
            check_shown(name, shell, typed, wanted)
    finally:
        shell.close()
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
