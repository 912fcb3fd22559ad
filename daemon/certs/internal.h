/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The internal CA: its authorities (ca.h), and a short-lived certificate for each managed name,
 * kept in memory alone and made again before it expires. Belongs to the control thread.
 */
#ifndef DAEMON_CERTS_INTERNAL_H
#define DAEMON_CERTS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <ev.h>

#include "common/error.h"
#include "daemon/tls/issuer.h"

struct cert;
struct pki_ca;
struct state;

#define INTERNAL_ROOT_FILE "pki/local/root.pem"
#define INTERNAL_INTERMEDIATE_FILE "pki/local/intermediate.pem"

/* Lifetimes in seconds; 0 for intermediates: as each authority says. */
struct internal_ca_options {
	int64_t root, intermediate, leaf;
};

/*
 * Begins; nothing is made or read before it is needed. Both are borrowed until internal_ca_stop().
 * state NULL: kept in memory alone. options NULL: ten years, as each
 * authority says, twelve hours.
 */
void internal_ca_start(
    struct state *state, struct ev_loop *loop, const struct internal_ca_options *options);
/* Takes its certificates out of the store. */
void internal_ca_stop(void);

/* To be handed to tls_issuer_set(). */
extern const struct tls_issuer internal_issuer;

/*
 * The certificate of an authority's root (NULL: the local one's), made now if there is none yet.
 * NULL, with a log line, where that fails. Borrowed until the next call here.
 */
const char *internal_ca_root_pem(const struct pki_ca *ca);

/* The first of its issuers that is internal; NULL: none is. */
const struct issuer_spec *internal_ca_issuer(const struct managed_name *m);

/* A name has another issuer's certificate now: ours goes at once. */
void internal_ca_drop(const char *name);

/* Calls visit for each name that has a certificate, with when it is made again. */
void internal_ca_each(
    void (*visit)(void *arg, const char *name, const struct cert *cert, time_t due), void *arg);
/* Makes the certificate of a name again now. false: it is not one of ours. */
bool internal_ca_renew(const char *name);

/* Makes again what is due at that time; the timer calls it. Returns seconds until the next call. */
double internal_ca_maintain(time_t now);

#endif
