/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificate signing requests (RFC 2986).
 */
#ifndef DAEMON_CERTS_CSR_H
#define DAEMON_CERTS_CSR_H

#include "common/buf.h"
#include "common/error.h"
#include "daemon/input/field.h"
#include "daemon/tls/key.h"

/*
 * Appends the DER of a request for names (DNS names, wildcards, addresses), signed by key, to out.
 * Returns 0, or -1 with err.
 */
int csr_make(
    const struct key *key, const struct strings *names, struct buf *out, struct error *err);

#endif
