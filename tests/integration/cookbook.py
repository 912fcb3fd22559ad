# SPDX-License-Identifier: BSD-2-Clause
"""cookbook.py split PAGE FOLDER: the page's first configuration as FOLDER/Caddyfile, and each recipe
as a folder FOLDER/NN with its title and, for each command, NN.run, NN.exit and NN.want (if the page
shows what it prints). cookbook.py same WANT GOT: is GOT what WANT shows? "…" is any text, as a line
of its own any lines."""

import os
import re
import sys

EXIT = re.compile(r"# exits with (\d+)$")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def steps_of(block):
    """(command, what it prints) of lines such as "$ command", "> more of it", "output"."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        count = 1
        while count < len(lines) and lines[count].startswith("> "):
            lines[count] = lines[count][2:]
            count += 1
        yield "\n".join(lines[:count]), "\n".join(lines[count:])


def split(page, folder):
    text = read(page)
    blocks = re.findall(r"^(#{1,3} [^\n]*)$|^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    configured = 0
    recipe = None
    for heading, kind, block in blocks:
        if heading:
            recipe = heading if heading.startswith("### ") else None
            step = 0
        elif kind == "caddyfile":
            assert configured == 0, "two configurations"
            write(folder + "/Caddyfile", block)
            configured = 1
        else:
            assert kind == "console" and block.startswith("$ "), f"a block that is not run: {kind} {block}"
            assert recipe, f"a block outside a recipe: {block}"
            for command, want in steps_of(block):
                step += 1
                place = f"{folder}/{len(os.listdir(folder)):02d}" if step == 1 else place
                os.makedirs(place, exist_ok=True)
                base = f"{place}/{step:02d}"
                found = EXIT.search(command)
                write(place + "/title", recipe[4:])
                write(base + ".run", command + "\n")
                write(base + ".exit", found.group(1) if found else "0")
                if want:
                    write(base + ".want", want + "\n")


def pattern(want):
    lines = []
    for line in want.splitlines():
        if line == "…":
            lines.append("(?:.*\n)*")
        else:
            lines.append("[^\n]*".join(map(re.escape, line.split("…"))) + " *\n")
    return "".join(lines)


def main():
    if sys.argv[1] == "split":
        split(*sys.argv[2:])
    else:
        got = read(sys.argv[3])
        got += "" if got.endswith("\n") or not got else "\n"
        sys.exit(not re.fullmatch(pattern(read(sys.argv[2])), got))


if __name__ == "__main__":
    main()
