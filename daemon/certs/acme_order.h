/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One order on its way from names to a certificate (RFC 8555 section 7.4). Its URL and its key are
 * in the state folder before they matter to the CA, so that an order that was cut off at any step
 * is found again and goes on from where it is.
 */
#ifndef DAEMON_CERTS_ACME_ORDER_H
#define DAEMON_CERTS_ACME_ORDER_H

#include <ev.h>

#include "common/span.h"
#include "daemon/certs/acme_account.h"
#include "daemon/input/field.h"
#include "daemon/tls/cert.h"

struct acme_order;

struct acme_order_spec {
	struct ev_loop *loop;
	struct state *state;          /* NULL: nothing is kept */
	struct acme_account *account; /* a reference is taken */
	struct acme_options *options; /* likewise */
	const struct strings *names;  /* borrowed until the end; the first is the file's */
	enum key_type key_type;
	unsigned attempt;     /* how often this has failed: see acme_challenge.h */
	const char *replaces; /* the certificate id that it renews (RFC 9773); NULL: none */
};

/* What has come of it; lives until done() returns. */
struct acme_result {
	struct cert *cert; /* with its key; borrowed. NULL: fault says why */
	const struct acme_fault *fault;
};

/* done() is called once, from the loop, and frees the order. */
struct acme_order *acme_order_start(const struct acme_order_spec *spec,
    void (*done)(void *arg, const struct acme_result *result), void *arg);

/* Lets go of it; what is in the state folder stays. NULL is allowed. */
void acme_order_cancel(struct acme_order *order);

/* The same, and forgets it for good: nobody wants the certificate any more. NULL is allowed. */
void acme_order_discard(struct acme_order *order);

/* What it is doing: constant, such as "validating". */
const char *acme_order_step(const struct acme_order *order);

#endif
