#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Advice about valid documents: pointsmand validate and pointsctl config check, as text and as JSON,
# with --strict; and none about the examples but what is true of them.
. "$(dirname "$0")/lib.sh"
need_python

LISTEN=$(free_port)
simple_server "$LISTEN" '[{"handler":"echo"}]' | config
daemon

cat >"$tmp/bad.json" <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"@id": "all", "handle": [{"handler": "proxy", "upstreams": [{"dial": ["127.0.0.1:$LISTEN"]}]}]},
    {"@id": "late\u001b[31m", "match": [{"ssh": {}}], "handle": [{"handler": "close"}]}]}}}}}
JSON
cat >"$tmp/Caddyfile" <<CADDYFILE
{
	shutdown_delay 3s
	layer4 {
		127.0.0.1:$LISTEN {
			route {
				echo
			}
		}
	}
}
CADDYFILE
cat >"$tmp/shadow.caddy" <<CADDYFILE
{
	layer4 {
		127.0.0.1:$LISTEN {
			@web tls sni web
			route {
				proxy {
					upstream {
						dial 127.0.0.1:1
						tls_server_name web
						tls_insecure_skip_verify
					}
				}
			}
			route @web {
				echo
			}
		}
	}
}
CADDYFILE
printf '{\n\tlayer4 {\n\t\t:%s {\n\t\t\timport inner\n\t\t}\n\t}\n}\n' "$LISTEN" >"$tmp/outer.caddy"
printf 'route {\n\techo\n}\nroute {\n\tproxy nowhere:99999\n}\n' >"$tmp/inner"
route='apps.layer4.servers.main.routes[1]'
dial='apps.layer4.servers.main.routes[0].handle[0].upstreams[0].dial[0]'

# run CODE COMMAND…: its output is in $tmp/out and $tmp/err.
run() {
    local code=$1 status=0
    shift
    "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
    [ "$status" = "$code" ] || {
        cat "$tmp/out" "$tmp/err" >&2
        fail "exit status $status, not $code: $*"
    }
}

says() { # FILE TEXT
    grep -qF -- "$2" "$tmp/$1" || {
        cat "$tmp/out" "$tmp/err" >&2
        fail "not there: $2"
    }
}

# items EXPRESSION: is it true of the JSON on standard output, and of its items?
items() {
    "$python" - "$tmp/out" "$1" <<'PY' || fail "not so: $1: $(cat "$tmp/out")"
import json, sys
answer = json.load(open(sys.argv[1]))
items = answer["items"]
codes = [i["code"] for i in items]
sys.exit(not eval(sys.argv[2]))
PY
}

# --- pointsmand validate ------------------------------------------------------------------------
run 0 "$pointsmand" validate --config "$tmp/bad.json"
same valid "$(cat "$tmp/out")" "what stands on standard output"
says err "pointsmand: warning: $route: is never taken"
says err "[route-shadowed]"
says err "pointsmand: warning: $dial: is an address of this very server"
run 1 "$pointsmand" validate --config "$tmp/bad.json" --strict
run 0 "$pointsmand" validate --config "$tmp/config.json" --strict
same "" "$(cat "$tmp/err")" "what is said of a good document"
run 0 "$pointsmand" validate --json --config "$tmp/bad.json"
items 'codes == ["route-shadowed", "proxy-loop"]'
items '{k for i in items for k in i} == {"code", "path", "message", "advice"}'
run 1 "$pointsmand" validate -j --strict --config "$tmp/bad.json"
run 0 "$pointsmand" validate -j --strict --config "$tmp/config.json"
items 'answer == {"items": []}'
run 0 "$pointsmand" validate --json --config "$tmp/Caddyfile"
items 'codes == ["adapted"] and items[0]["path"].endswith("Caddyfile:2")'
items 'items[0]["place"] == items[0]["path"]'
run 1 "$pointsmand" validate --strict --config "$tmp/Caddyfile"
says err "Caddyfile:2: "
run 2 "$pointsmand" adapt --json --config "$tmp/Caddyfile"
says err "has no such option"

# What was made from a Caddyfile stands there, also what only the loader finds.
shadow="$tmp/shadow.caddy"
run 0 "$pointsmand" validate --config "$shadow"
says err "warning: $shadow:14: is never taken: whatever would match it is taken by the route at $shadow:5"
says err "warning: $shadow:7: tls.insecure_skip_verify: this upstream's certificate"
run 0 "$pointsmand" validate --json --config "$shadow"
items '[i["place"].split("caddy:")[1] for i in items] == ["14", "7: tls.insecure_skip_verify"]'
items 'items[0]["path"] == "apps.layer4.servers.srv0.routes[1]"'
run 1 "$pointsmand" validate --config "$tmp/outer.caddy"
says err "error: $tmp/inner:5 (imported at $tmp/outer.caddy:4): dial[0]: port '99999'"
sed -i 's/99999/9/' "$tmp/inner"
run 0 "$pointsmand" validate --config "$tmp/outer.caddy"
says err "$tmp/inner:4 (imported at $tmp/outer.caddy:4): is never taken"

echo '{"apps":{"layer4":{"server":{}}}}' >"$tmp/wrong.json"
run 1 "$pointsmand" validate --json --config "$tmp/wrong.json"
same "" "$(cat "$tmp/out")" "what is printed of an invalid document"

# --- pointsctl config check ---------------------------------------------------------------------
run 0 ctl config check "$tmp/bad.json"
says out "advice:"
says out "  $route: is never taken"
says out "valid; it would change"
grep -q $'\033' "$tmp/out" && fail "an escape came through"
run 1 ctl config check --strict "$tmp/bad.json"
run 0 ctl config check --strict "$tmp/config.json"
grep -q advice "$tmp/out" && fail "advice about a good document"
run 0 ctl -j config check "$tmp/bad.json"
items 'codes == ["route-shadowed", "proxy-loop"] and answer["rev"] == 1'
items 'answer["change_count"] == len(answer["changes"]) > 0 and answer["revision"] == 1'
run 1 ctl -j config check --strict "$tmp/bad.json"
items 'len(items) == 2'
run 0 ctl -o name config check "$tmp/bad.json"
same "route-shadowed proxy-loop" "$(tr '\n' ' ' <"$tmp/out" | sed 's/ $//')" "names"
run 0 ctl -o jsonl config check "$tmp/bad.json"
same 2 "$(wc -l <"$tmp/out")" "lines"
run 0 ctl -j config check "$tmp/Caddyfile"
items 'codes == ["adapted"] and items[0]["path"] == "Caddyfile:2"'
run 0 ctl config check "$shadow"
says out "  $shadow:14: is never taken: whatever would match it is taken by the route at $shadow:5 before"
run 0 ctl -j config check "$shadow"
items '[i["place"] for i in items] == ["Caddyfile:14", "Caddyfile:7: tls.insecure_skip_verify"]'
run 0 ctl config check - <"$shadow"
says out "  standard input:7: tls.insecure_skip_verify: "
{
    echo 'config check <<END'
    cat "$shadow"
    echo END
} | run 0 ctl shell
says out "  standard input:15: is never taken: whatever would match it is taken by the route at standard input:6"
sed -i 's/dial 127.0.0.1:1/dial 127.0.0.1:99999/' "$shadow"
run 7 ctl config check "$shadow"
says err "pointsctl: $shadow:8: port '99999'"
run 7 ctl config apply "$shadow"
says err "pointsctl: $shadow:8: port '99999'"
run 7 ctl config check "$tmp/wrong.json"
run 2 ctl config show --strict

# --- the examples -------------------------------------------------------------------------------
# What is said of them is true: PROXY headers come from a load balancer that is not named, and one
# upstream is not verified, on purpose.
true_of='combining_apps:upstream-unverified
imaps:proxy-protocol-open'
for folder in "$top_srcdir"/examples/*/; do
    name=$(basename "$folder")
    for file in Caddyfile config.json; do
        (cd "$folder" && "$pointsmand" validate --json --config "$file") >"$tmp/out" 2>"$tmp/err" ||
            fail "$name/$file: $(cat "$tmp/err")"
        codes=$(grep -oE '"code":"[^"]*"' "$tmp/out" | cut -d'"' -f4 | sort -u)
        same "$(grep "^$name:" <<<"$true_of" | cut -d: -f2)" "$codes" "advice about $name/$file"
    done
done
