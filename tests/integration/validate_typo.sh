#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A typo in the configuration: the place, the reason, a suggestion; the daemon does not start.
. "$(dirname "$0")/lib.sh"

# refused FILE TEXT…: validate and run both say it and leave with 1; nothing on stdout.
refused() {
    local file=$1 text status
    shift
    for mode in validate run; do
        status=0
        if [ $mode = run ]; then
            timeout 60 "$pointsmand" run --config "$tmp/$file" --control "$sock" \
                --state "$tmp/state" >"$tmp/out" 2>"$tmp/$mode.log" || status=$?
        else
            timeout 60 "$pointsmand" validate --config "$tmp/$file" >"$tmp/out" \
                2>"$tmp/$mode.log" || status=$?
        fi
        same 1 $status "$mode $file: exit status"
        for text in "$@"; do
            grep -qF -- "$text" "$tmp/$mode.log" || fail "$mode $file does not say: $text"
        done
        [ $mode = run ] || [ ! -s "$tmp/out" ] || fail "$mode $file: something on stdout"
    done
}

config field.json <<'JSON'
{"apps": {"layer4": {"servers": {"srv0": {"listen": ["127.0.0.1:0"], "routes": [
    {"handle": [{"handler": "close"}]},
    {"match": [{"tls": {"snii": ["a.example.com"]}}], "handle": [{"handler": "close"}]}
]}}}}}
JSON
refused field.json 'apps.layer4.servers.srv0.routes[1].match[0].tls' \
    "unknown field 'snii', did you mean 'sni'?"

config module.json <<'JSON'
{"apps": {"layer4": {"servers": {"srv0": {"listen": ["127.0.0.1:0"], "routes": [
    {"handle": [{"handler": "ecko"}]}
]}}}}}
JSON
refused module.json 'apps.layer4.servers.srv0.routes[0].handle[0]' "'ecko'" "'echo'"

config type.json <<'JSON'
{"apps": {"layer4": {"servers": {"srv0": {"listen": "127.0.0.1:0", "routes": []}}}}}
JSON
refused type.json 'apps.layer4.servers.srv0.listen'

config port.json <<'JSON'
{"apps": {"layer4": {"servers": {"srv0": {"listen": ["127.0.0.1:0", ":99993"], "routes": []}}}}}
JSON
refused port.json 'apps.layer4.servers.srv0.listen[1]' "port '99993'"

# What is wrong at the top does not hide what is wrong below.
config several.json <<'JSON'
{"loging": {}, "storag": {}, "logging": {"logs": {"default": {"level": "LOUD"}}}, "apps": {
    "layer5": {}, "htpp": {},
    "layer4": {"servers": {"srv0": {"listen": ["127.0.0.1:0"], "routes": [
        {"match": [{"tls": {"snii": []}}], "handle": [{"handler": "ecko"}]}
    ]}}}}}
JSON
refused several.json "'loging', did you mean 'logging'" "'storag', did you mean 'storage'" LOUD \
    "'layer5', did you mean 'layer4'" "'htpp', did you mean 'http'" "'snii'" "'ecko'"
config flat.json <<'JSON'
{"loging": {}, "apps": 3}
JSON
refused flat.json "'loging'" "apps: must be an object"

config both.json <<'JSON'
{"apps": {"layer4": {"servers": {"srv0": {"listen": [":9993"], "routes": []}}},
    "http": {"servers": {"srv0": {"listen": [":9993"]}}}}}
JSON
refused both.json 'apps.http.servers.srv0.listen:' "'srv0' and 'http/srv0' both listen on tcp/:9993"

config twice.json <<'JSON'
{"apps": {"layer4": {"servers": {}, "servers": {}}}}
JSON
refused twice.json 'servers'

config Caddyfile <<'TEXT'
{
    layer4 {
        127.0.0.1:0 {
            @a tls snii a.example.com
            route @a {
                close
            }
        }
    }
}
TEXT
refused Caddyfile 'Caddyfile:4' "snii" "did you mean 'sni'?"

refused missing.json 'missing.json'
