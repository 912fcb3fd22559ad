/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of an ACME issuer, as an automation policy has them. Counted: they outlive the
 * document that they come from, for as long as a certificate is managed by them.
 */
#ifndef DAEMON_TLS_ACME_OPTIONS_H
#define DAEMON_TLS_ACME_OPTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/load.h"
#include "daemon/input/field.h"

/* By which a chain is chosen where the CA offers several. */
struct acme_chains {
	bool smallest;                   /* the fewest bytes */
	struct strings root_common_name; /* the issuer of the last certificate has this name */
	struct strings any_common_name;  /* any certificate's issuer has this name */
};

/* How TXT records get into the DNS. */
struct acme_dns {
	bool given;
	struct strings command;    /* a program of the operator's and its arguments */
	int64_t propagation_delay; /* ns to wait after it */
	int64_t
	    propagation_timeout;  /* ns for the record to be seen; negative: it is not looked for */
	struct strings resolvers; /* where it is looked for; none: at the zone's name servers */
	const char *override_domain; /* the record's name; NULL: by the certificate's name */
};

struct acme_options {
	_Atomic unsigned refs;
	struct arena *arena;
	const char *identity; /* equal where all options are */
	const char *ca;       /* the directory's URL */
	const char *test_ca;  /* another to try after failures; NULL: none */
	const char *roots;    /* PEM; "": the system's */
	const char *email;    /* NULL: none */
	const char *profile;  /* NULL: the CA's default */
	const char *external_key_id, *external_mac_key; /* base64url; NULL: no external account */
	int64_t timeout;                                /* ns for one order */
	int64_t certificate_lifetime;                   /* ns to ask for; 0: the CA's default */
	bool http_disabled, tls_alpn_disabled;
	int64_t http_port, tls_alpn_port; /* where the CA's requests arrive; 0: 80, 443 */
	struct acme_dns dns;
	struct acme_chains chains;
};

/* The table of an issuer {"module": "acme", ...}. */
extern const struct field acme_fields[];

/* Reads an issuer's object. One reference; NULL with err. */
struct acme_options *acme_options_load(
    struct load *load, const struct jnode *node, struct error *err);

struct acme_options *acme_options_ref(struct acme_options *options);
void acme_options_unref(struct acme_options *options); /* NULL is allowed */

#endif
