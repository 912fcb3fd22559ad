/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chains of certificates: choosing among those that a CA offers (preferred_chains), and the name
 * under which it gives renewal information (RFC 9773 section 4.1).
 */
#ifndef DAEMON_CERTS_ACME_CHAIN_H
#define DAEMON_CERTS_ACME_CHAIN_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/span.h"
#include "daemon/tls/acme_options.h"

/* Does it matter which one is taken? */
bool acme_chains_matter(const struct acme_chains *wanted);

/* The index of the chain (PEM texts, the default one first) to take. */
size_t acme_chain_choose(const struct acme_chains *wanted, const struct span *chains, size_t count);

/*
 * Appends base64url(authority key identifier) "." base64url(serial number) of a certificate (DER)
 * to out. Returns 0, or -1 with err.
 */
int acme_certificate_id(struct span der, struct buf *out, struct error *err);

#endif
