#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# certificates.sh [DAYS]: makes what the example wants to have in this folder: an authority for
# clients, the clients "developer" and "visitor", and the shop's own certificate. The authority's key
# signs them and is deleted; where more clients are to come it must be kept.
set -eu
umask 077
days=${1:-365}

certificate() { # NAME OPTION…
    name=$1
    shift
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$days" \
        -keyout "$name.key" -out "$name.pem" "$@" 2>/dev/null || {
        echo "openssl failed for $name" >&2
        exit 1
    }
}

certificate clients_ca -subj '/CN=clients of the shop' -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign
for client in developer visitor; do
    certificate "$client" -subj "/CN=$client" -CA clients_ca.pem -CAkey clients_ca.key \
        -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=clientAuth
done
certificate shop -subj '/CN=shop.example.com' -addext subjectAltName=DNS:shop.example.com
rm clients_ca.key
