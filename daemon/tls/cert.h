/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A certificate with its chain, its key and the names it is good for. Immutable (but for its
 * staple) and counted: a handshake that has taken it keeps it, whatever is loaded meanwhile.
 */
#ifndef DAEMON_TLS_CERT_H
#define DAEMON_TLS_CERT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <gnutls/abstract.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/span.h"
#include "daemon/input/field.h"
#include "daemon/tls/key.h"

#define CERT_CHAIN_MAX 16

/* Kinds of keys in the order in which we like to use them, the cheapest signature first. */
enum cert_kind { CERT_ECDSA, CERT_EDDSA, CERT_RSA, CERT_KINDS };

struct staple;

struct cert {
	_Atomic unsigned refs;
	struct arena *arena;
	struct key *key;
	gnutls_pcert_st *chain; /* the leaf first */
	unsigned count;
	enum cert_kind kind;
	struct strings
	    names; /* DNS names in lower case, IP addresses as text; wildcards as they are */
	struct strings organizations; /* of the subject */
	struct strings tags;
	const char *serial;    /* decimal */
	const char *issuer;    /* the issuer's common name, or its whole name */
	const char *responder; /* where to ask for its status, by OCSP; NULL: nowhere */
	const char *source;    /* constant: "file", "folder", "pem", "internal" */
	time_t not_before, not_after;
	uint8_t fingerprint[32]; /* SHA-256 of the leaf */
	struct staple *staple;   /* see tls/staple.h */
	uint64_t generation;     /* counts up with every certificate that is loaded */
};

/*
 * The certificates of a PEM text (which may hold other blocks), the leaf first. key must be the
 * leaf's; a reference to it is kept. tags may be NULL and is copied; source is kept. One reference;
 * NULL with err.
 */
struct cert *cert_load_pem(struct span chain, struct key *key, const struct strings *tags,
    const char *source, struct error *err);
struct cert *cert_load_files(
    const char *chain, const char *key, const struct strings *tags, struct error *err);
/* From one file with certificates and key. */
struct cert *cert_load_bundle(const char *path, struct error *err);

struct cert *cert_ref(struct cert *cert);
void cert_unref(struct cert *cert); /* NULL is allowed */

/* Is name, in lower case, one of its names, or one label more than one of its wildcards? */
bool cert_covers(const struct cert *cert, const char *name);

static inline bool cert_is_valid(const struct cert *cert, time_t now)
{
	return cert->not_before <= now && now < cert->not_after;
}

#endif
