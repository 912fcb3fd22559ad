/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names whose certificates come from ACME servers: what each has, what is being done for it,
 * and when something is to be done next. Control thread.
 */
#ifndef DAEMON_CERTS_ACME_NAMES_H
#define DAEMON_CERTS_ACME_NAMES_H

#include <stdbool.h>
#include <time.h>
#include <ev.h>
#include <uthash.h>

#include "daemon/certs/acme_ca.h"
#include "daemon/certs/acme_order.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/issuer.h"
#include "daemon/tls/store.h"

struct state;

#define ACME_ERROR_MAX 512

/* An issuer of a name, and how its attempts in a row went. */
struct acme_turn {
	struct acme_options *options; /* a reference; NULL stands for the internal CA */
	unsigned failures;
	time_t not_before; /* it is not asked again sooner */
};

/* A name, or several that are to be in one certificate, under the first of them. */
struct acme_name {
	UT_hash_handle hh;
	char *name;
	struct strings names; /* of its certificate, this one first */
	struct acme_turn *issuers;
	size_t issuer_count;
	struct issuer_spec internal; /* the first of those NULL stands for; of kind ACME: none */
	enum key_type key_type;
	double renewal_ratio;
	struct cert *cert; /* NULL: none yet */
	char *directory;   /* where it came from; "": unknown */
	time_t due;        /* when to order */
	time_t remove_at;  /* no document wants it any more, or none in force yet; 0: wanted */
	bool fallen_back;  /* the internal CA serves it meanwhile */
	/* The attempt at hand and what came before it. */
	struct acme_order *order;
	bool held;                  /* its turn is with a CA that has orders enough */
	size_t issuer;              /* which one is tried */
	bool testing;               /* at its test CA */
	bool tested;                /* ... which went well */
	unsigned failures;          /* of all issuers, one after the other */
	char error[ACME_ERROR_MAX]; /* the last; "": none since it went well */
	time_t save_at;             /* the certificate could not be written; 0: it is */
	/* Renewal information. */
	struct acme_account *informer;
	struct acme_call *asking;
	time_t ask_at; /* 0: never */
	struct acme_window window;
	time_t hurried; /* when it was last renewed because of a window that was over */
};

extern struct acme_names {
	struct state *state;
	struct ev_loop *loop;
	ev_timer timer;
	struct store_set *set;
	time_t offset;                   /* of the wall clock from the one that counts on */
	struct acme_name *all;           /* hash, by name */
	const struct acme_options *busy; /* to be compared: its CA has orders enough; NULL: none */
} acme_names;

int acme_names_start(struct state *state, struct ev_loop *loop, struct error *err);
void acme_names_stop(void);

/*
 * As tls_issuer's, for those of names that have an ACME issuer first. Certificates that are in the
 * state folder are served at once; everything else waits for keep().
 */
void acme_names_manage(const struct managed_name *names, size_t count);
void acme_names_keep(const struct managed_name *names, size_t count);

/* The one that has this name among its names; NULL: none. */
struct acme_name *acme_names_find(const char *name);

/* Sets the timer to when the first of all has something to do. */
void acme_names_arm(void);

/* ---- acme_attempt.c ---- */

/* Orders a certificate from the issuer whose turn it is; n->held if there it has to wait. */
void acme_attempt_start(struct acme_name *n);
/* One from the first issuer at the next opportunity, whatever came before. */
void acme_attempt_now(struct acme_name *n);
void acme_attempt_cancel(struct acme_name *n);
/* The same, and the order is not to go on another time. */
void acme_attempt_discard(struct acme_name *n);

/* ---- acme_stored.c ---- */

/* Takes the certificate from the state folder, if there is one that fits, and puts it in use. */
void acme_stored_load(struct acme_name *n);
/*
 * The same for what has just come. What cannot be written is logged and written when n->save_at has
 * come, by acme_stored_write().
 */
void acme_stored_save(struct acme_name *n, struct cert *cert, const char *directory);
void acme_stored_write(struct acme_name *n);
/* cert (a reference is taken) takes the place of what was in use. */
void acme_stored_use(struct acme_name *n, struct cert *cert, const char *directory);

/* ---- acme_renewal_info.c ---- */

/* Asks the CA when to renew, where it says such things (RFC 9773). */
void acme_renewal_info_ask(struct acme_name *n);
void acme_renewal_info_cancel(struct acme_name *n);

#endif
