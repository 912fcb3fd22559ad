/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operator asks a CA for besides certificates: to revoke one, to give an account a new key.
 */
#ifndef DAEMON_CERTS_ACME_OPERATION_H
#define DAEMON_CERTS_ACME_OPERATION_H

#include <stdint.h>

#include "common/error.h"

/* err NULL: done. From the loop, or before the call returns. */
typedef void acme_operation_done(void *arg, const struct error *err);

/*
 * Revokes the certificate of a managed name, for a reason of RFC 5280 section 5.3.1, and orders
 * another one. Returns 0, or -1 with err: done() will not be called.
 */
int acme_revoke(
    const char *name, uint64_t reason, acme_operation_done *done, void *arg, struct error *err);

/* Gives the account by which that name's certificate is obtained a new key. Likewise. */
int acme_rekey(const char *name, acme_operation_done *done, void *arg, struct error *err);

/* At the end: what is on its way fails. */
void acme_operations_stop(void);

#endif
