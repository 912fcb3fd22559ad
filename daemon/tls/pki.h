/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The app "pki": the authorities of the internal CA. One, "local", is there even where the document
 * says nothing.
 */
#ifndef DAEMON_TLS_PKI_H
#define DAEMON_TLS_PKI_H

#include <stdint.h>

#include "daemon/core/instance.h"

#define PKI_LOCAL "local"

/* Files of an operator's certificate and key. */
struct pki_pair {
	const char *certificate; /* NULL: it is made here */
	const char *key;         /* NULL: there is none */
};

struct pki_ca {
	const char *id;
	const char *root_name, *intermediate_name; /* common names; NULL: made up */
	int64_t intermediate_lifetime;             /* ns; 0: the default */
	double renewal_ratio; /* which part of an intermediate's life is left when it is replaced */
	struct pki_pair root, intermediate;
	const char *definition; /* equal where all of it is, the certificates in files too */
};

extern const struct app_type app_pki;

/*
 * The authority of that name (NULL, "": local) in an instance; NULL: there is none. The local one
 * is always there, also where instance is NULL.
 */
const struct pki_ca *pki_find(const struct instance *instance, const char *id);

#endif
