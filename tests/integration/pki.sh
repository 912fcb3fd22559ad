#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Several internal authorities: sites choose one, each has its root, names and lifetime; one is made
# of an operator's root, one of his intermediate; changed at a reload; refused where files do not go
# together.
. "$(dirname "$0")/lib.sh"
need curl curl
need openssl openssl

HTTPS=$(free_port) HTTP=$(free_port) PLAIN=$(free_port)

# --- the operator's own --------------------------------------------------------------------------
authority() { # NAME [ISSUER]
    local by=()
    [ $# = 1 ] || by=(-CA "$tmp/$2.pem" -CAkey "$tmp/$2.key")
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/$1.key" \
        -out "$tmp/$1.pem" -days 30 -subj "/CN=$1" -addext "basicConstraints=critical,CA:TRUE" \
        -addext "keyUsage=critical,keyCertSign" "${by[@]}" 2>>"$tmp/openssl.log" ||
        fail "openssl: $(cat "$tmp/openssl.log")"
}
authority corp_root
authority other_root
authority lab_root
# openssl 3.0's req cannot sign with another key: x509 can.
intermediate() { # NAME ISSUER
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/$1.key" \
        -out "$tmp/$1.csr" -subj "/CN=$1" 2>>"$tmp/openssl.log" &&
        openssl x509 -req -in "$tmp/$1.csr" -CA "$tmp/$2.pem" -CAkey "$tmp/$2.key" \
            -CAcreateserial -days 20 -out "$tmp/$1.pem" 2>>"$tmp/openssl.log" \
            -extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n') ||
        fail "openssl: $(cat "$tmp/openssl.log")"
}
intermediate lab_issuer lab_root

caddyfile() { # CORP-ROOT
    cat >"$tmp/Caddyfile" <<CADDY
{
	http_port $HTTP
	https_port $HTTPS
	skip_install_trust
	pki {
		ca {
			name "House"
			intermediate_lifetime 3d
		}
		ca corp {
			intermediate_cn "Corp signs"
			root {
				cert $tmp/$1.pem
				key $tmp/$1.key
			}
		}
		ca lab {
			root {
				cert $tmp/lab_root.pem
			}
			intermediate {
				cert $tmp/lab_issuer.pem
				key $tmp/lab_issuer.key
			}
		}
		ca spare {
			root_cn "{pki.ca.name}, spare"
		}
	}
	layer4 {
		127.0.0.1:$PLAIN {
			route {
				proxy {
					upstream 127.0.0.1:$HTTPS {
						tls_server_name corp.localhost
						tls_trust_pool pki_root corp
					}
				}
			}
		}
	}
}
house.localhost {
	respond "house"
}
corp.localhost {
	tls {
		issuer internal {
			ca corp
			lifetime 2h
		}
	}
	respond "corp"
}
lab.localhost {
	tls {
		issuer internal {
			ca lab
		}
	}
	respond "lab"
}
CADDY
}

fetch() { # SITE CA-FILE
    curl -s --cacert "$2" --resolve "$1.localhost:$HTTPS:127.0.0.1" "https://$1.localhost:$HTTPS/"
}

subject() { # FILE
    openssl x509 -noout -subject -nameopt RFC2253 -in "$1"
}

relayed() { # by a route that trusts the corporate root
    curl -s -H 'Host: corp.localhost' "http://127.0.0.1:$PLAIN/"
}

chain() { # SITE: the certificates that it shows, as text
    openssl s_client -connect "127.0.0.1:$HTTPS" -servername "$1.localhost" -showcerts </dev/null \
        2>/dev/null
}

caddyfile corp_root
daemon "$tmp/Caddyfile"
same corp "$(relayed)" "what the route has"
for ca in '' local corp lab spare; do
    ctl ca root $ca >"$tmp/root-$ca.pem" || fail "ca root $ca"
done
cmp -s "$tmp/root-.pem" "$tmp/root-local.pem" || fail "the default authority is not local"
same "subject=CN=House - ECC Root" "$(subject "$tmp/root-local.pem")" "the local root"
same "subject=CN=corp_root" "$(subject "$tmp/root-corp.pem")" "the corporate root"
same "subject=CN=lab_root" "$(subject "$tmp/root-lab.pem")" "the lab's root"
same "subject=CN=pointsman Local Authority\, spare" "$(subject "$tmp/root-spare.pem")" "a root's name"
for site in house corp lab; do
    file=$tmp/root-${site/house/local}.pem
    same $site "$(fetch $site "$file")" "$site by its own root"
    for other in local corp lab; do
        [ "$tmp/root-$other.pem" = "$file" ] ||
            same "" "$(fetch $site "$tmp/root-$other.pem")" "$site by the root of $other"
    done
done
chain corp | grep -q 'i:CN = Corp signs' || fail "the name of an intermediate: $(chain corp)"
chain lab | grep -q 'i:CN = lab_issuer' || fail "the operator's intermediate: $(chain lab)"
ctl ca root nobody 2>"$tmp/err" && fail "a root of nobody"
grep -q "no authority 'nobody'" "$tmp/err" || fail "ca root nobody: $(cat "$tmp/err")"
grep -q BEGIN "$tmp/state/pki/corp/intermediate.pem" || fail "no intermediate is kept"
[ ! -e "$tmp/state/pki/corp/root.pem" ] || fail "a copy of the operator's root"
left() { # FILE: seconds
    echo $(($(date -d "$(openssl x509 -noout -enddate -in "$1" | cut -d= -f2)" +%s) - $(date +%s)))
}
[ "$(left "$tmp/state/pki/local/intermediate.pem")" -le $((3 * 86400)) ] ||
    fail "the lifetime of an intermediate"

# --- another root, at a reload -------------------------------------------------------------------
caddyfile other_root
ctl config reload || fail "another root"
fetched() {
    [ "$(fetch corp "$tmp/other_root.pem")" = corp ]
}
wait_until 10 "a certificate by the new root" fetched
same house "$(fetch house "$tmp/root-local.pem")" "what was not changed"
same corp "$(relayed)" "what a route has that names the authority, and is as it was"

# --- refused -------------------------------------------------------------------------------------
refused() { # PATTERN
    "$pointsmand" validate --config "$tmp/Caddyfile" >"$tmp/err" 2>&1 && fail "taken: $1"
    grep -q -- "$1" "$tmp/err" || fail "not '$1': $(cat "$tmp/err")"
}
cp "$tmp/corp_root.key" "$tmp/mixed.key"
cp "$tmp/other_root.pem" "$tmp/mixed.pem"
caddyfile mixed
refused "certificate_authorities.corp: '$tmp/mixed.key' is not the key of '$tmp/mixed.pem'"
caddyfile corp_root
sed -i "s|cert $tmp/lab_root.pem|cert $tmp/corp_root.pem|" "$tmp/Caddyfile"
refused "certificate_authorities.lab: the intermediate in '$tmp/lab_issuer.pem' is not signed by"
caddyfile corp_root
sed -i "/key .*corp_root/d" "$tmp/Caddyfile"
refused "certificate_authorities.corp.root: needs private_key"
caddyfile corp_root
sed -i "s|ca corp\$|ca crop|" "$tmp/Caddyfile"
refused "ca: there is no authority 'crop'"
caddyfile gone
refused "certificate_authorities.corp: cannot read '$tmp/gone.pem'"
