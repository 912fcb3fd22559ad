#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Documentation: links lead somewhere, every page of a module has an example and names every option
# of the module's table, docs/README.md lists every page, man pages render without a warning.
. "$(dirname "$0")/lib.sh"

while IFS=: read -r file line target; do
    target=${target%%#*}
    case $target in
    '' | http://* | https://* | mailto:*) continue ;;
    esac
    [ -e "$(dirname "$file")/$target" ] || fault "$file:$line: link to $target, which is not there"
done < <(grep -noE '\]\([^) ]+\)' README.md CHANGELOG.md $(find docs examples tests -name '*.md') |
    sed -E 's/\]\((.*)\)$/\1/')

# Options in the tables of fields of one C file.
options() { # FILE
    tr '\n\t' '  ' <"$1" | grep -oE 'FIELD_[A-Z]+\([^"{};]*"[a-z_0-9]+"[^;{}]{0,60}' |
        grep -v FIELD_HIDDEN | grep -oE '"[a-z_0-9]+"' | tr -d '"' | sort -u
}

for page in docs/matchers/*.md docs/handlers/*.md; do
    [ -f "$page" ] || continue
    source=daemon/${page#docs/}
    source=${source%.md}.c
    grep -qE '^```(caddyfile|json)$' "$page" || fault "$page: no example (\`\`\`caddyfile or \`\`\`json)"
    grep -qF "(${page#docs/})" docs/README.md || fault "docs/README.md: no link to ${page#docs/}"
    [ -f "$source" ] || continue
    for option in $(options "$source"); do
        grep -qw -- "$option" "$page" || fault "$page: does not name the option $option"
    done
done

# The codes of advice.
for code in $(sed -n 's/^    {"\([a-z0-9-]*\)",.*/\1/p' daemon/config/lint.c); do
    grep -qx "### \`$code\`" docs/advice.md || fault "docs/advice.md: does not explain $code"
done

# Placeholders that the program itself knows, and those that matchers and handlers set.
known=0
while read -r name; do
    known=$((known + 1))
    grep -qF "{$name}" docs/placeholders.md || fault "docs/placeholders.md: does not name {$name}"
done < <(
    sed -n 's/^    {"\([a-z0-9_.]*\)", put_.*/\1/p' daemon/core/replacer.c
    grep -rhoE 'facts_set\([^"]*"l4\.[a-z0-9_.]+"' daemon | sed 's/.*"\(.*\)"/\1/'
)
[ "$known" -gt 20 ] || fault "tests/lint/docs.sh: found $known placeholders in the sources"

man_source() { # FILE
    sed -e 's|@[a-zA-Z]*@|text|g' "$1"
}

for page in daemon/*.[1-9] daemon/*.[1-9].in ctl/*.[1-9].in; do
    [ -f "$page" ] || continue
    if command -v mandoc >/dev/null; then
        said=$(man_source "$page" | mandoc -T lint -W warning 2>&1)
    elif command -v groff >/dev/null; then
        said=$(man_source "$page" | groff -ww -mandoc -T utf8 2>&1 >/dev/null)
    else
        echo "$page: not rendered, groff is missing (Debian: groff-base)"
        continue
    fi
    [ -z "$said" ] || fault "$page: $said"
done
finish
