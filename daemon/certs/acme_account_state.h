/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An account from within: what its two files share. See acme_account.h.
 */
#ifndef DAEMON_CERTS_ACME_ACCOUNT_STATE_H
#define DAEMON_CERTS_ACME_ACCOUNT_STATE_H

#include "daemon/certs/acme_account.h"

struct acme_account {
	struct acme_account *next;
	unsigned refs;
	unsigned orders; /* on their way */
	char folder[ACME_PATH_MAX];
	struct state *state;
	struct acme_ca *ca;
	struct key *key;
	char thumbprint[JWK_THUMBPRINT_MAX];
	char *kid;                  /* its URL; NULL: not registered */
	char *email, *key_id, *mac; /* NULL: none */
	struct acme_call *call;     /* on its way to be registered */
	struct acme_waiter *waiters;
	struct acme_waiter *telling; /* those of them that are being told */
	/* A change of keys on its way. */
	struct key *new_key;
	struct acme_call *change;
	acme_done *changed;
	void *changed_arg;
};

/* ---- acme_account.c ---- */

/* From now on the account's key; a reference is taken. Returns 0, or -1 with err. */
int acme_account_use_key(struct acme_account *a, struct key *key, struct error *err);
/* Its URL from the state folder, if it is this key's; and there. */
void acme_account_load_url(struct acme_account *a);
void acme_account_store_url(struct acme_account *a);
/* Registers the key, which gets the account that it has already, if it has one. */
void acme_account_register(struct acme_account *a);
/* Tells all who wait for the account; fault NULL: it is good. */
void acme_account_tell(struct acme_account *a, const struct acme_fault *fault);

/* ---- acme_account_key.c ---- */

/* The new key of a change that was cut off, if there is one. */
void acme_account_load_new_key(struct acme_account *a);
/* Asks the CA whether it knows that key, then takes it up or drops it, and goes on. */
void acme_account_probe(struct acme_account *a);

#endif
