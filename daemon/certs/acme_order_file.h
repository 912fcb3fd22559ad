/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of an order is kept in the state folder while it is on its way: where it is with the CA, and
 * the key of the certificate that will come of it.
 */
#ifndef DAEMON_CERTS_ACME_ORDER_FILE_H
#define DAEMON_CERTS_ACME_ORDER_FILE_H

#include "daemon/certs/acme_order.h"

/*
 * The URL of the order that was on its way for just these names and this kind of key; to be freed.
 * NULL: none.
 */
char *acme_order_file_read(const struct acme_order_spec *spec);
/* A failure is logged: the order goes on, but could not be resumed. */
void acme_order_file_write(const struct acme_order_spec *spec, const char *url);
/* Removes URL and key. */
void acme_order_file_remove(const struct acme_order_spec *spec);

/* The key kept for it; NULL with err (ERROR_NOT_FOUND: none). */
struct key *acme_order_key_load(const struct acme_order_spec *spec, struct error *err);
/* Keeps a new one: it is on disk when this returns. Returns 0, or -1 with err. */
int acme_order_key_store(
    const struct acme_order_spec *spec, const struct key *key, struct error *err);

#endif
