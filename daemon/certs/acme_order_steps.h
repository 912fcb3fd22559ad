/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An order from within: what the files of its steps share. See acme_order.h.
 */
#ifndef DAEMON_CERTS_ACME_ORDER_STEPS_H
#define DAEMON_CERTS_ACME_ORDER_STEPS_H

#include "daemon/certs/acme_challenge.h"
#include "daemon/certs/acme_order.h"
#include "daemon/certs/keymaker.h"

#define ACME_POLL_FIRST 0.25 /* seconds; see acme_order_poll() */

struct acme_order {
	struct acme_order_spec spec;
	/* Of message and of authorization: each new one, so that asking often costs no memory. */
	struct arena *message_arena, *authorization_arena;
	const char *step;
	char *url; /* NULL: not placed yet */
	bool resumed;
	struct key *key;
	struct acme_waiter waiter;
	struct acme_call *call;
	struct keymaking *making;
	ev_timer poll, deadline;
	void (*after_poll)(struct acme_order *o);
	double interval;
	struct acme_order_message message;
	size_t next; /* index of the authorization at hand */
	struct acme_authorization authorization;
	struct acme_challenge *challenge;
	const char *challenge_url;
	struct acme_fault *refusal; /* of the signing request, until the order has been looked at */
	/* Chains as they come, the CA's default first. */
	struct buf chains[1 + ACME_ALTERNATES_MAX];
	char *alternates[ACME_ALTERNATES_MAX];
	size_t chain_count, alternate_count;
	void (*done)(void *arg, const struct acme_result *result);
	void *arg;
};

/* ---- acme_order.c ---- */

/* Each tells what has come of the order, and frees it. */
void acme_order_finish(struct acme_order *o, const struct acme_result *result);
void acme_order_fail(struct acme_order *o, const struct acme_fault *fault);
void acme_order_fail_with(struct acme_order *o, enum acme_fault_kind kind, const struct error *err);
void acme_order_fail_problem(struct acme_order *o, const struct acme_problem *problem);

/* Calls after() when it is time to ask again: when the server says, or in growing steps. */
void acme_order_poll(
    struct acme_order *o, const char *retry_after, void (*after)(struct acme_order *o));
/* A signed call as o->call. */
void acme_order_post(struct acme_order *o, const char *url, const char *payload, acme_done *done);

/* Asks how the order stands, and goes on by the answer. */
void acme_order_look(struct acme_order *o);

/* ---- acme_order_validate.c ---- */

/* From authorization o->next on: shows that each name is ours, then looks at the order. */
void acme_order_authorize(struct acme_order *o);

/* ---- acme_order_obtain.c ---- */

/* Sends the signing request; fetches the certificate. */
void acme_order_finalize(struct acme_order *o);
void acme_order_download(struct acme_order *o);

#endif
