#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Which cipher suite is taken: in TLS 1.2 ours, unless the client does ChaCha20 best; in TLS 1.3 the
# client's.
. "$(dirname "$0")/lib.sh"
need openssl openssl

LISTEN=$(free_port)
config <<JSON
{"apps": {"layer4": {"servers": {"main": {"listen": ["127.0.0.1:$LISTEN"], "routes": [
    {"handle": [{"handler": "tls"}, {"handler": "respond", "body": "hello"}]}]}}},
  "tls": {"automation": {"policies": [{"subjects": ["localhost"], "issuers": [{"module": "internal"}]}]},
    "certificates": {"automate": ["localhost"]}}}}
JSON
daemon

taken() { # OPTION…: the suite
    timeout 20 openssl s_client -connect "127.0.0.1:$LISTEN" -servername localhost "$@" \
        </dev/null 2>&1 | sed -n 's/^New, .*Cipher is //p'
}

aes128=ECDHE-ECDSA-AES128-GCM-SHA256 aes256=ECDHE-ECDSA-AES256-GCM-SHA384
chacha=ECDHE-ECDSA-CHACHA20-POLY1305
same $aes128 "$(taken -tls1_2 -cipher $aes256:$aes128:$chacha)" "AES-256 first"
same $aes128 "$(taken -tls1_2 -cipher $aes256:$chacha:$aes128)" "AES-128 last"
same $chacha "$(taken -tls1_2 -cipher $chacha:$aes256:$aes128)" "ChaCha20 first"
same $aes256 "$(taken -tls1_2 -cipher AES256-SHA:$aes256:$chacha)" "without our first"
same TLS_AES_256_GCM_SHA384 \
    "$(taken -tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256)" "TLS 1.3"
same TLS_CHACHA20_POLY1305_SHA256 \
    "$(taken -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256)" "TLS 1.3, ChaCha20"
