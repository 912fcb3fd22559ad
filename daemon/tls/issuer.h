/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tls app wants certificates for, and who makes them. The certificates' own code lies
 * below and registers itself when the program starts.
 */
#ifndef DAEMON_TLS_ISSUER_H
#define DAEMON_TLS_ISSUER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/tls/key.h"

struct acme_options;
struct pki_ca;

enum issuer_kind { ISSUER_INTERNAL, ISSUER_ACME };

/* One issuer of an automation policy. */
struct issuer_spec {
	enum issuer_kind kind;
	const struct pki_ca *ca;   /* of internal certificates; NULL: the local one, as it is */
	int64_t lifetime;          /* ns, of internal certificates; 0: the default */
	struct acme_options *acme; /* a reference of the document's; NULL: internal */
};

/* One name that wants a certificate, as the automation policies have it. */
struct managed_name {
	const char *name;                  /* DNS name, wildcard or address, lower case */
	const struct issuer_spec *issuers; /* in the order in which they are tried */
	size_t issuer_count;               /* 0: the internal CA */
	enum key_type key_type;
	/* Names with the same group are to be in one certificate; NULL: each in its own. */
	const void *group;
	double renewal_ratio; /* how much of its life is left when it is renewed; 0: a third */
};

struct tls_issuer {
	/*
	 * From now on these names have certificates in the store, as many as can be made quickly
	 * before this returns; names of earlier calls stay. dry: only look whether that
	 * could be. Control thread. Returns 0, or -1 with err.
	 */
	int (*manage)(const struct managed_name *names, size_t count, bool dry, struct error *err);
	/* All others may go, after a while: these are the names of the document in force. */
	void (*keep)(const struct managed_name *names, size_t count);
	/*
	 * The certificate of an internal authority, the root's or the intermediate's, as PEM text;
	 * NULL where there is none. Borrowed until the next call here.
	 */
	const char *(*authority_pem)(const struct pki_ca *ca, bool root);
	/*
	 * Asks an endpoint whether name may have a certificate, and calls done from the loop; why
	 * is NULL, or what kept it from answering.
	 */
	void (*ask)(const char *endpoint, const char *name,
	    void (*done)(void *arg, bool allowed, const char *why), void *arg);
};

/* Handed over once when the program starts; without one no name is managed. Kept. */
void tls_issuer_set(const struct tls_issuer *issuer);
const struct tls_issuer *tls_issuer(void);

/*
 * Could a public authority give out a certificate for it? Not for localhost, names under
 * .localhost, .local, .internal and .home.arpa, single labels and addresses.
 */
bool tls_name_is_public(const char *name);

#endif
