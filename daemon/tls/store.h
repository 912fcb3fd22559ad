/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All certificates of the process, by name. What handshakes see is an immutable snapshot; writers
 * change sets, then commit a new snapshot in one step. Any thread may look up and write.
 */
#ifndef DAEMON_TLS_STORE_H
#define DAEMON_TLS_STORE_H

#include <stdint.h>
#include <time.h>

#include "common/netaddr.h"
#include "common/span.h"
#include "daemon/tls/cert.h"

struct store_set;

/* Where several certificates have a name, those of the lower rank come first. */
enum store_rank { STORE_LOADED, STORE_MANAGED };

/* An empty set. Freeing it takes its certificates out of the store at once. */
struct store_set *store_set_new(enum store_rank rank);
void store_set_free(struct store_set *set); /* NULL is allowed */

/* A reference to cert is kept. Seen by handshakes after the next store_commit(). */
void store_set_add(struct store_set *set, struct cert *cert);
void store_set_remove(struct store_set *set, const struct cert *cert);
/* old's place is cert's then. */
void store_set_replace(struct store_set *set, const struct cert *old, struct cert *cert);

/*
 * From now on cert stands for the loaded certificate that handshakes see as served, as long as it
 * is loaded, by whatever set: a document that is loaded again changes nothing, changed files do. A
 * reference to cert is kept. Commits.
 */
void store_override(const struct cert *served, struct cert *cert);

/* Makes the sets as they are now what handshakes see. */
void store_commit(void);

/* What a policy may ask for beyond the name (certificate_selection). */
struct cert_selection {
	struct strings serial_number;        /* decimal, one of them */
	struct strings subject_organization; /* one of them */
	int public_key_algorithm;            /* 0: any; else 1 + enum cert_kind */
	struct strings any_tag;
	struct strings all_tags;
};

/* What a client asks for. */
struct store_query {
	struct span server_name;     /* as sent; n = 0: none */
	const struct netaddr *local; /* for a client that names none; NULL: unknown */
	const char *default_sni;     /* the name for such a client; NULL: none */
	const char *fallback_sni;    /* the name where none of its own is found; NULL: none */
	const struct cert_selection *selection; /* NULL: any */
	time_t now;
	bool loaded_only; /* without the managed ones */
};

/* The best certificate of each kind for the first name that has any; NULL entries: none. */
struct store_found {
	struct cert *cert[CERT_KINDS]; /* references */
};

/*
 * By exact name, then wildcard; without a name by local address, then default_sni; then
 * fallback_sni. Expired ones only where there is no other. Returns whether there is one; release
 * with store_release().
 */
bool store_find(const struct store_query *query, struct store_found *out);
void store_release(struct store_found *found);

/* Is there a valid certificate for name, or a wildcard over it, among the loaded ones? */
bool store_has_loaded(const char *name);

/*
 * Calls changed after each commit, from the thread that commits. NULL: nothing is told any more,
 * and nobody is being told when this returns.
 */
void store_listen(void (*changed)(void));

/* Calls visit for every certificate of the store, each once. visit must not change the store. */
void store_each(void (*visit)(void *arg, const struct cert *cert), void *arg);

#endif
