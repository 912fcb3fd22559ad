/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the certificates come from that clients are trusted by: texts and files of the document,
 * folders, authorities of ours.
 */
#ifndef DAEMON_TLS_CLIENT_SOURCES_H
#define DAEMON_TLS_CLIENT_SOURCES_H

#include <stdbool.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "common/buf.h"
#include "daemon/core/load.h"
#include "daemon/input/field.h"
#include "daemon/input/shape.h"

/* The lists are read where it is known what is made of them. */
#define NODE_FIELD_STRINGS(n, f, h)                                                                \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_STRINGS, .flags = f, .help = h                       \
	}

/* One certificate that is accepted as it is, compared as a whole. */
struct client_leaf {
	struct client_leaf *next;
	struct span der;
};

struct client_trust {
	gnutls_certificate_credentials_t credentials; /* trust the authorities */
	bool authorities;                             /* some were named */
	struct client_leaf *leaves;
};

/* What reading carries along: memory is load's, what was read is appended to identity. */
struct client_sources {
	struct load *load;
	struct client_trust *trust;
	struct buf *identity;
	const struct jnode *node; /* for errors */
};

/* A provider of authorities ("ca"), and a list of loaders of leaves. */
extern const struct shape client_pool_shape, client_leaves_shape;

/*
 * Reads one loader of leaves, or the list of them (base64, DER) that is called key in object, where
 * there is one. 0, or -1 with err; as what follows.
 */
int client_sources_leaves(struct client_sources *r, const struct jnode *node, struct error *err);
int client_sources_leaf_certs(
    struct client_sources *r, const struct jnode *object, const char *key, struct error *err);

/*
 * The authorities that node names: its member "ca" (a provider and its list), or the list certs
 * (base64) and the list paths (PEM).
 */
int client_sources_authorities(struct client_sources *r, const struct jnode *node,
    const char *certs, const char *paths, struct error *err);
/* The same where that is all: makes credentials trust them. */
int client_sources_trust(struct load *load, const struct jnode *node, const char *certs,
    const char *paths, gnutls_certificate_credentials_t credentials, struct error *err);

/* Is there something called key, be it wrong? */
bool client_sources_any(const struct jnode *node, const char *key);

#endif
