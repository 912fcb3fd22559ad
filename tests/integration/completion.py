# SPDX-License-Identifier: BSD-2-Clause
"""completion.py SHELL FOLDER SOCKET PORT: types command lines into a real shell, in FOLDER, with TABs
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


def cases(sock, port):
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
    yield live + "upstream show web 10.0.0.7\t", [*socket, "upstream", "show", "web", "10.0.0.7:80"]


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

    def close(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.main)


def words(text):
    return re.findall(r"<([^>]*)>", text.decode())


def main():
    name, folder, sock, port = sys.argv[1:]
    command, setup = SHELLS[name]
    shell = Shell(command, folder)
    failed = 0
    try:
        for line in setup.strip().splitlines():
            shell.write(line + "\n")
        shell.write("pointsctl ready\n")
        shell.until(rb"<ready>!")
        for typed, want in cases(sock, port):
            shell.write("pointsctl " + typed + "\n")
            got = words(shell.until(rb"((?:<[^<>]*>)+)!").group(1))
            if got != want:
                failed += 1
                print(f"{name}: {typed!r} became {got}, not {want}")
    finally:
        shell.close()
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
