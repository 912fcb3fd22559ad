/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An account with an ACME server (RFC 8555 section 7.3). Its key is made once and kept in the state
 * folder before the server hears of it, so that whatever is cut off, it is the same account that
 * goes on. Shared by all orders of the same server, e-mail address and external account.
 */
#ifndef DAEMON_CERTS_ACME_ACCOUNT_H
#define DAEMON_CERTS_ACME_ACCOUNT_H

#include "daemon/certs/acme_ca.h"
#include "daemon/certs/acme_files.h"
#include "daemon/certs/acme_jws.h"

struct acme_options;
struct state;

struct acme_account;

/*
 * The account that options name with the server at directory. state (borrowed) NULL: kept in
 * memory alone. One reference; NULL with err.
 */
struct acme_account *acme_account_get(const char *directory, const struct acme_options *options,
    struct state *state, struct error *err);
struct acme_account *acme_account_ref(struct acme_account *account);
void acme_account_unref(struct acme_account *account); /* NULL is allowed */

struct acme_ca *acme_account_ca(const struct acme_account *account);
/* Each CA has its own number of orders at once, so that a slow one holds up no other. */
bool acme_account_is_busy(const struct acme_account *account);
void acme_account_begin_order(struct acme_account *account);
void acme_account_end_order(struct acme_account *account);

/* Its folder in the state. */
const char *acme_account_path(const struct acme_account *account);

/* Waits for the account to be good for signing. Embedded in who waits; zeroed at first. */
struct acme_waiter {
	struct acme_waiter *next;
	struct acme_account *account; /* NULL: not waiting */
	/* fault NULL: it is good. From the loop, or from acme_account_need() where it is already.
	 */
	void (*ready)(struct acme_waiter *waiter, const struct acme_fault *fault);
};

/* Fetches the directory and registers the key where that has not been done. */
void acme_account_need(struct acme_account *account, struct acme_waiter *waiter);
void acme_waiter_cancel(struct acme_waiter *waiter);

/* The server does not know it (accountDoesNotExist): to be registered anew when next needed. */
void acme_account_forget(struct acme_account *account);

/* As acme_call_post(), signed by the account, which is ready. */
struct acme_call *acme_account_post(
    struct acme_account *account, const char *url, struct span payload, acme_done *done, void *arg);

/* Of its key (RFC 7638): with a challenge's token it makes the answer (RFC 8555 section 8.1). */
const char *acme_account_thumbprint(const struct acme_account *account);

/*
 * Gives the account a new key (RFC 8555 section 7.3.5). done as of acme_call_post(). The account
 * must be ready. NULL with err: not now.
 */
int acme_account_change_key(
    struct acme_account *account, acme_done *done, void *arg, struct error *err);

#endif
