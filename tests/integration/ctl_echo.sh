#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsctl --echo: after a change, what it added or changed is printed as show prints it.
. "$(dirname "$0")/ctl_lib.sh"

LISTEN=$(free_port) MORE=$(free_port) NEW=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
  {"@id": "web", "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:1"]}, {"dial": ["127.0.0.1:2"]}]}]},
  {"@id": "outer", "handle": [{"handler": "subroute", "routes": [{"@id": "inner"}]}]},
  {"handle": [{"handler": "close"}]}]}}}}}
JSON
daemon
code 0 -j route ls
nameless=$(value 'out["items"][2]["handle"]')

# echoes OBJECT NAME… -- COMMAND…: the change prints what show prints, as JSON and as text
echoes() {
    local want=()
    while [ "$1" != -- ]; do
        want+=("$1")
        shift
    done
    shift
    [ ! -e "$tmp/r.json" ] || cp "$tmp/r.json" "$tmp/in"
    code 0 -je "$@"
    mv "$tmp/out" "$tmp/echoed"
    code 0 -j "${want[0]}" show "${want[@]:1}"
    same "$(cat "$tmp/out")" "$(cat "$tmp/echoed")" "what $* echoes"
}

# --- one object ---------------------------------------------------------------------------------
echo '{"@id": "added", "handle": [{"handler": "echo"}]}' >"$tmp/r.json"
echoes route added -- route add --server main
echoes route added -- route replace added
rm "$tmp/r.json"
echoes route added -- route set added 'match=[{"ssh":{}}]'
echoes route "$nameless" -- route set "$nameless" 'match=[{"ssh":{}}]'
echoes route renamed -- route set added @id=renamed
echoes route renamed -- route set renamed 'match=[]' disabled=true
echoes route renamed -- route mv renamed --first
echoes route renamed -- route enable renamed
echoes route inner -- route disable inner
echoes upstream web 127.0.0.1:3 -- upstream add web 127.0.0.1:3 weight=2
echoes upstream web three -- upstream add web 127.0.0.1:4 @id=three
echoes upstream web 127.0.0.1:3 -- upstream set web 127.0.0.1:3 weight=5
echoes upstream web 127.0.0.1:5 -- upstream set web 127.0.0.1:3 'dial=["127.0.0.1:5"]'
echoes upstream web five -- upstream set web 127.0.0.1:5 @id=five
echoes upstream web five -- upstream disable web five
echoes upstream web five -- upstream enable web five
echoes upstream web five -- upstream drain web five
echoes listener "127.0.0.1:$MORE" -- listener add --server main "127.0.0.1:$MORE"
echoes listener "127.0.0.1:$MORE" -- listener pause "127.0.0.1:$MORE"
echoes listener "127.0.0.1:$MORE" -- listener resume "127.0.0.1:$MORE"
echoes server new -- server add new "listen=[\"127.0.0.1:$NEW\"]"

# --- its handle, and the other formats ----------------------------------------------------------
echo '{"handle": [{"handler": "echo"}]}' >"$tmp/in"
code 0 -je route add --server main
json 'out["handle"] == out["name"] and out["route"] == {"handle": [{"handler": "echo"}]}'
handle=$(value 'out["handle"]')
code 0 -e -o name route disable "$handle"
same "$handle" "$(cat "$tmp/out")" "the name"
code 0 --echo route enable "$handle"
mv "$tmp/out" "$tmp/echoed"
code 0 route show "$handle"
cmp -s "$tmp/out" "$tmp/echoed" || fail "the text of an echo is not that of show"

# --- several ------------------------------------------------------------------------------------
code 0 -je route disable web outer
shape '{rev:int items:[{name:text handle:text id:text server:text wrapper:nil label:text handlers:text disabled:bool hits:int active:int route:{@id:text handle:[{handler:text upstreams:[{dial:[text]}|{dial:[text] weight:int @id:text disabled:bool}|{dial:[text] @id:text}]}] disabled:bool}}|{name:text handle:text id:text server:text wrapper:nil label:text handlers:text disabled:bool hits:int active:int route:{@id:text handle:[{handler:text routes:[{@id:text disabled:bool}]}] disabled:bool}}]}'
json '[i["name"] for i in out["items"]] == ["web", "outer"] and all(i["disabled"] for i in out["items"])'
json "out['rev'] == $(revision)"
code 0 -e -o jsonl route enable web outer
same 2 "$(wc -l <"$tmp/out")" "lines of an echo of two with -o jsonl"
code 0 -e route disable web outer
same 2 "$(grep -c '^handle ' "$tmp/out")" "objects in the text of an echo of two"
code 0 route enable web outer
code 0 upstream rm web five
code 0 upstream rm web three
code 0 -je upstream swap web 127.0.0.1:7 127.0.0.1:8
json '[i["name"] for i in out["items"]] == ["127.0.0.1:7", "127.0.0.1:8"]'

# --- what has no name, and what has no meaning ---------------------------------------------------
echo '{"handle": [{"handler": "close"}]}' >"$tmp/in"
code 0 -e route add --in outer
says '^handlers close$'
cat >"$tmp/in" <<'LIST'
route add --server main <<END
{"@id": "gone", "handle": [{"handler": "subroute", "routes": [{"handle": [{"handler": "close"}]}]}]}
END
route add --in gone <<END
{"handle": [{"handler": "close"}]}
END
route rm gone
LIST
code 0 -e batch
grep -q 'the route has no name any more' "$tmp/err" || fail "a route that is gone: $(cat "$tmp/err")"
for command in 'route rm web' 'upstream rm web 127.0.0.1:7' "listener rm 127.0.0.1:$MORE" 'server rm new' \
    'config apply' 'config rollback' 'conn kill 1' 'route ls' 'route show web'; do
    refused 2 "--echo is not for" -e $command
done
refused 2 'with --dry-run there is none' -en route disable web
refused 5 "no route 'nobody'" -e route disable nobody
