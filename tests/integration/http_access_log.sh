#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Access lines of sites: each site's own log, names by host and wildcard, sites without, the default
# log; over HTTP/1.1 and HTTP/2, with what clients send escaped.
. "$(dirname "$0")/lib.sh"
need curl curl
curl --version | grep -q HTTP2 || skip "curl has no HTTP/2 (Debian: curl)"

HTTP=$(free_port) HTTPS=$(free_port)
cat >"$tmp/Caddyfile" <<CADDY
{
	local_certs
	http_port $HTTP
	https_port $HTTPS
	servers {
		trusted_proxies static 127.0.0.0/8
	}
	log {
		output file $tmp/default.log
	}
}
one.localhost {
	log {
		output file $tmp/one.log
		format console
	}
	respond "one" 201
	abort /gone
}
*.wild.localhost {
	log {
		output file $tmp/wild.log
	}
	respond "wild"
}
named.localhost {
	log named {
		hostnames named.localhost
		output file $tmp/named.log
	}
	respond "named"
}
bare.localhost {
	log
	respond "bare"
}
none.localhost {
	respond "none"
}
proxied.localhost {
	log {
		output file $tmp/proxied.log
	}
	@far client_ip 192.0.2.0/24
	respond @far "far {client_ip} {remote_host}"
	respond "near {client_ip}"
}
CADDY
daemon "$tmp/Caddyfile"
ctl ca root >"$tmp/root.pem" || fail "ca root"

get() { # HOST PATH [OPTION…]
    local host=$1 path=$2
    shift 2
    curl -s --cacert "$tmp/root.pem" --connect-to '::127.0.0.1:' "$@" "https://$host:$HTTPS$path"
}

has() { # FILE PATTERN
    grep -qE -- "$2" "$tmp/$1" 2>/dev/null
}

wait_line() { # FILE PATTERN
    wait_until 10 "'$2' in $1" has "$1" "$2"
}

same one "$(get one.localhost '/a?b=c' --http1.1 -A 'agent "x"')" "a site"
wait_line one.log "http\.log\.access\.log0: request id=[0-9]+ server=http/srv0 src=127\.0\.0\.1:[0-9]+ proto=HTTP/1\.1 method=GET host=one\.localhost:$HTTPS uri=\"/a\?b=c\" user_agent=\"agent .\"x.\"\" status=201 size=3\$"
get one.localhost /gone --http1.1
wait_line one.log 'uri=/gone .*status=0 size=0$'
same one "$(get ONE.localhost /two --http2)" "a site over HTTP/2"
wait_line one.log 'proto=HTTP/2\.0 method=GET host=(ONE|one)\.localhost.* uri=/two .*status=201 size=3$'
same wild "$(get a.wild.localhost /)" "a wildcard"
wait_line wild.log '"host":"a\.wild\.localhost:[0-9]+"'
same named "$(get named.localhost /)" "a site with a named log"
wait_line named.log '"subsystem":"http\.log\.access\.named"'
same none "$(get none.localhost /quiet)" "a site without a log"
same bare "$(get bare.localhost /bare)" "a site with a bare log"
wait_line default.log '"subsystem":"http\.log\.access","msg":"request".*"uri":"/bare"'
has default.log '/quiet|log\.access\.' && fail "the default log has lines of others: $(cat "$tmp/default.log")"
same 1 "$(grep -c . "$tmp/named.log")" "lines of the named log"
same 3 "$(grep -c . "$tmp/one.log")" "lines of the first site"
# A proxy that is trusted names the client.
same "near 127.0.0.1" "$(get proxied.localhost / --http1.1)" "a client that nobody names"
for version in 1.1 2; do
    same "far 192.0.2.7 127.0.0.1" \
        "$(get proxied.localhost / "--http$version" -H 'X-Forwarded-For: 192.0.2.7, 127.0.0.3')" \
        "a client that a proxy names over HTTP/$version"
done
wait_line proxied.log '"proto":"HTTP/2\.0"'
same 2 "$(grep -c '"src":"127\.0\.0\.1:[0-9]*","client_ip":"192\.0\.2\.7","proto"' "$tmp/proxied.log")" "lines with the client"
same 3 "$(grep -c . "$tmp/proxied.log")" "lines of the site behind a proxy"
# The connections have lines, too.
wait_line default.log '"subsystem":"access","msg":"connection".*"server":"http/srv0"'
