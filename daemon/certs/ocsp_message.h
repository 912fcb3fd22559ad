/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to OCSP responders and their answers (RFC 6960, RFC 5019), without sending them.
 */
#ifndef DAEMON_CERTS_OCSP_MESSAGE_H
#define DAEMON_CERTS_OCSP_MESSAGE_H

#include <stdbool.h>
#include <time.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/span.h"

struct cert;

#define OCSP_RESPONSE_MAX (64u << 10)

/*
 * Appends the question, DER, to out. It needs the issuer's certificate, too, which is the next one
 * of its chain. Returns 0, or -1 with err.
 */
int ocsp_request(const struct cert *cert, struct buf *out, struct error *err);

struct ocsp_answer {
	bool revoked;
	time_t made, expires;
};

/*
 * Reads an answer about cert. It must be signed by the issuer or by whom he has charged with that,
 * and be of use at now. Returns 0, or -1 with err.
 */
int ocsp_check(const struct cert *cert, struct span der, time_t now, struct ocsp_answer *out,
    struct error *err);

#endif
