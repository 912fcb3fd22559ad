/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An authority that signs certificates: the internal CA's root, or its intermediate.
 */
#ifndef DAEMON_CERTS_AUTHORITY_H
#define DAEMON_CERTS_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <gnutls/x509.h>

#include "common/error.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/key.h"

struct state;

struct authority {
	struct key *key; /* NULL: it was not given */
	gnutls_x509_crt_t crt;
	char *pem; /* its certificate */
	time_t not_before, not_after;
};

/*
 * A new one with an ECDSA P-256 key, valid from a minute ago for lifetime seconds; signed by
 * issuer, and then never longer than that one, or by itself (NULL). NULL with err.
 */
struct authority *authority_make(const char *common_name, const struct authority *issuer,
    time_t now, int64_t lifetime, struct error *err);
void authority_free(struct authority *a); /* NULL is allowed */

/* Key and certificate as one state file. */
int authority_store(
    const struct authority *a, struct state *state, const char *name, struct error *err);
/* NULL with err (ERROR_NOT_FOUND: no such file). */
struct authority *authority_load(struct state *state, const char *name, struct error *err);

/* From an operator's files; key NULL: it signs nothing. NULL with err. */
struct authority *authority_load_files(const char *certificate, const char *key, struct error *err);

/* Has issuer signed it? */
bool authority_is_signed_by(const struct authority *a, const struct authority *issuer);

/*
 * A certificate for name (DNS name, wildcard or address) with a new key, followed by the
 * authority's own, valid from a minute ago for lifetime seconds but not longer than the authority.
 * One reference; NULL with err.
 */
struct cert *authority_issue(const struct authority *a, const char *name, enum key_type type,
    time_t now, int64_t lifetime, struct error *err);

#endif
