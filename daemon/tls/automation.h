/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automation policies: by whom and how certificates of managed names are made.
 */
#ifndef DAEMON_TLS_AUTOMATION_H
#define DAEMON_TLS_AUTOMATION_H

#include <stdbool.h>

#include "daemon/core/load.h"
#include "daemon/input/field.h"
#include "daemon/tls/issuer.h"

struct automation_policy {
	struct strings subjects;     /* names or wildcards, lower case; none: every name */
	struct issuer_spec *issuers; /* in the order in which they are tried; none: by the name */
	size_t issuer_count;
	int key_type; /* enum key_type */
	double renewal_window_ratio;
	bool disable_ocsp_stapling;
	bool on_demand;       /* not before a client asks for the name */
	bool one_certificate; /* ours: for all names that the policy is for */
};

/* Who is asked whether a name may have a certificate on demand. */
struct on_demand {
	const char *endpoint; /* a URL; NULL: nobody */
};

struct subjects;

struct automation {
	struct objects policies; /* struct automation_policy */
	const struct subjects *subjects;
	struct on_demand on_demand;
	/* Of names, public ones and others, where none is configured. */
	struct issuer_spec public_issuer, internal_issuer;
};

/* The table of the object "automation". */
extern const struct field automation_fields[];

/* After its fields were read: what holds where they say nothing. Returns 0, or -1 with err. */
int automation_defaults(struct load *load, struct automation *automation, struct error *err);

/* Which issuer and key a name gets: by the first policy for it, else by whether it is public. */
struct managed_name automation_for(const struct automation *automation, const char *name);

/* Is name's certificate made on demand? Are those of any? */
bool automation_on_demand(const struct automation *automation, const char *name);
bool automation_has_on_demand(const struct automation *automation);

/* Do certificates of managed names go with an OCSP response? By the first policy for name. */
bool automation_staples(const struct automation *automation, const char *name);

#endif
