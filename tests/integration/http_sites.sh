#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Sites of a Caddyfile: TLS with managed names, redirects from HTTP, directives in their order,
# several requests on a connection, and a reload that takes effect on connections that wait.
. "$(dirname "$0")/lib.sh"
need curl curl
need_python

HTTP=$(free_port) HTTPS=$(free_port) OTHER=$(free_port)
cat >"$tmp/Caddyfile" <<EOF_
{
	local_certs
	http_port $HTTP
	https_port $HTTPS
	servers :$HTTPS {
		listener_wrappers {
			layer4 {
				@inside remote_ip 127.0.0.9
				route @inside {
					respond "from layer 4"
				}
			}
			http_redirect
			tls
		}
	}
}

site.example.com, *.wild.example.com {
	header X-Site yes
	header -Server
	handle /api/* {
		respond "api {path} {query.q}" 201
	}
	redir /old /new permanent
	abort /gone
	respond "main"
}

http://plain.example.com {
	respond "plain"
}

:$OTHER {
	@post method POST
	respond @post "posted to {host}"
	respond "any"
}
EOF_
daemon "$tmp/Caddyfile"
ctl ca root >"$tmp/root.pem" || fail "ca root"

# get URL [OPTION…]: the answer's status, its fields sorted, its body
get() {
    local url=$1
    shift
    curl -sS --http1.1 --max-time 30 --cacert "$tmp/root.pem" -D "$tmp/head" -o "$tmp/body" "$@" \
        --connect-to '::127.0.0.1:' "$url" || return
    tr -d '\r' <"$tmp/head" | awk 'NR == 1 { print $2 }'
    tr -d '\r' <"$tmp/head" | sed '1d; /^$/d; /^Date: /d' | LC_ALL=C sort
    cat "$tmp/body"
}

want() { # WHAT GOT LINE…
    local what=$1 got=$2
    shift 2
    same "$(printf '%s\n' "$@")" "$got" "$what"
}

https() { # HOST PATH [OPTION…]
    local host=$1 path=$2
    shift 2
    get "https://$host:$HTTPS$path" "$@"
}

text='Content-Type: text/plain; charset=utf-8'
want "the site" "$(https site.example.com /)" 200 'Content-Length: 4' "$text" 'X-Site: yes' main
want "a wildcard's site" "$(https a.wild.example.com /)" 200 \
    'Content-Length: 4' "$text" 'X-Site: yes' main
want "a handle" "$(https site.example.com '/api/x%20y?q=a+b')" 201 \
    'Content-Length: 16' "$text" 'X-Site: yes' 'api /api/x y a b'
want "a redirect" "$(https site.example.com /old)" 301 \
    'Content-Length: 0' 'Location: /new' 'X-Site: yes'
https site.example.com /gone >/dev/null 2>&1 && fail "an answer where there is to be none"

want "HTTP to HTTPS" "$(get "http://site.example.com:$HTTP/a?b")" 308 'Connection: close' \
    'Content-Length: 0' 'Location: https://site.example.com/a?b' 'Server: pointsman'
want "a site without TLS" "$(get "http://plain.example.com:$HTTP/")" 200 \
    'Content-Length: 5' "$text" 'Server: pointsman' plain
want "any host" "$(get "http://x:$OTHER/")" 200 'Content-Length: 3' "$text" 'Server: pointsman' any
want "a method" "$(get "http://x:$OTHER/" -d some=data)" 200 \
    'Content-Length: 11' "$text" 'Server: pointsman' 'posted to x'

# The wrappers of the HTTPS listener: layer 4 first, then HTTP where TLS is expected.
want "HTTP on the HTTPS port" "$(get "http://site.example.com:$HTTPS/a?b")" 308 \
    'Connection: close' 'Content-Length: 0' "Location: https://site.example.com:$HTTPS/a?b" \
    'Server: pointsman'
same "from layer 4" "$("$python" -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10, ("127.0.0.9", 0))
print(s.makefile().read())' "$HTTPS")" "what a layer 4 route says"

# Several requests go over one connection, bodies in between.
count=$(curl -sS --http1.1 --max-time 30 --cacert "$tmp/root.pem" --connect-to '::127.0.0.1:' \
    -w '%{num_connects} ' -o "$tmp/body" "https://site.example.com:$HTTPS/" --next \
    --http1.1 --max-time 30 --cacert "$tmp/root.pem" --connect-to '::127.0.0.1:' -w '%{num_connects} ' \
    -o "$tmp/body" -d "@$top_srcdir/LICENSE" "https://site.example.com:$HTTPS/")
same '1 0 ' "$count" "connections made"

# A name that no site has is refused in the handshake.
curl -sS --max-time 30 --cacert "$tmp/root.pem" --connect-to '::127.0.0.1:' \
    "https://other.example.com:$HTTPS/" >"$tmp/out" 2>&1 && fail "a certificate for any name"

export OTHER HTTPS tmp DAEMON=${pids[pointsmand]}
"$python" - <<'PY' || fail "keeping connections over a reload"
import os, signal, socket, time

def client():
    s = socket.create_connection(("127.0.0.1", int(os.environ["OTHER"])), timeout=10)
    return s, s.makefile("rb")

def ask(s, f):
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = f.readline()
        assert line, "the end instead of an answer"
        head += line
    length = int(head.lower().split(b"content-length: ")[1].split()[0])
    return head, f.read(length)

waiting, kept = client(), client()
assert ask(*waiting)[1] == b"any"
path = os.environ["tmp"] + "/Caddyfile"
text = open(path).read()

def reload(text):
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)
    os.kill(int(os.environ["DAEMON"]), signal.SIGHUP)

reload(text.replace('respond "main"', 'respond "other"'))
time.sleep(1)
assert ask(*waiting)[1] == b"any", "a change elsewhere"
reload(text.replace('respond "any"', 'respond "new"'))
assert waiting[1].read() == b"", "the connection of a server that has changed"
for _ in range(100):
    fresh = client()
    if ask(*fresh)[1] == b"new":
        break
    time.sleep(0.1)
else:
    raise AssertionError("the new answer")
PY
