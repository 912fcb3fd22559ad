/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS-ALPN-01 (RFC 8737): while an order is pending for a name, a client that asks for that name
 * with the protocol "acme-tls/1" alone gets a certificate made for it, then the connection ends.
 */
#ifndef DAEMON_TLS_CHALLENGE_H
#define DAEMON_TLS_CHALLENGE_H

#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/wire/hello.h"

struct tls_policy;

#define TLS_CHALLENGE_DIGEST 32

/* Once, when the program starts: listeners look for such clients before their routes. */
void tls_challenge_start(void);

/*
 * From now on name (lower case) is answered for with the SHA-256 of the key authorization. Returns
 * 0, or -1 with err.
 */
int tls_challenge_add(
    const char *name, const uint8_t digest[TLS_CHALLENGE_DIGEST], struct error *err);

/*
 * The policy for a client that asks for it; NULL: this one does not. Kept as long as arena.
 */
const struct tls_policy *tls_challenge_policy(const struct hello *hello, struct arena *arena);

#endif
