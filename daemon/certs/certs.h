/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Managed certificates as a whole: hands each name to the internal CA or to ACME, and says how each
 * certificate of the process is doing. Control thread.
 */
#ifndef DAEMON_CERTS_CERTS_H
#define DAEMON_CERTS_CERTS_H

#include <stdbool.h>
#include <time.h>
#include <ev.h>

#include "common/error.h"
#include "daemon/tls/issuer.h"

struct cert;
struct state;

/*
 * Begins; state (NULL: nothing is kept) and loop are borrowed until certs_stop(). Returns 0, or -1
 * with err.
 */
int certs_start(struct state *state, struct ev_loop *loop, struct error *err);
void certs_stop(void);

/*
 * Before the document is taken away at the daemon's end, while its last connections go on: the OCSP
 * responses that are kept are for the next start then, not those of certificates that nobody wants.
 */
void certs_drain(void);

/* To be handed to tls_issuer_set(). */
extern const struct tls_issuer certs_issuer;

/* How a certificate is doing. */
struct cert_status {
	const char *name;        /* of a loaded one: its first name */
	const char *issuer;      /* "internal", a directory's URL, "file", "folder", "pem" */
	const char *state;       /* "valid", "expired", "missing" */
	const char *doing;       /* an order's step; NULL: none is on its way */
	const struct cert *cert; /* NULL: none yet */
	time_t next;             /* when it is renewed, or tried again; 0: never */
	unsigned failures;       /* attempts in a row that failed */
	const char *error;       /* of the last attempt; NULL: it went well */
};

/* Each managed name, then each loaded certificate. */
void certs_each(void (*visit)(void *arg, const struct cert_status *status), void *arg);

/* Gets a new certificate for a managed name now. Returns 0, or -1 with err. */
int certs_renew(const char *name, struct error *err);

#endif
