#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The example http_and_https_mix: curl with and without TLS on one port, for any name from this
# machine, for one name otherwise.
. "$(dirname "$0")/lib.sh"
need curl curl
. "$here/example.bash"

hosts www.example.com other.example.com
example http_and_https_mix

for at in '' '--ipv6'; do
    # shellcheck disable=SC2086
    says "in the clear" $at http://localhost:8000/
    # shellcheck disable=SC2086
    says "encrypted, with a certificate of the internal CA" $at https://localhost:8000/
done
says "in the clear" http://www.example.com:8000/
says "in the clear" http://www.example.com:9000/
says "encrypted, with a certificate of a public CA" https://www.example.com:8000/
says "encrypted, with a certificate of a public CA" https://www.example.com:9000/
refused http://other.example.com:9000/
refused https://localhost:9000/
says "in the clear" http://localhost/
