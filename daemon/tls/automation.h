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
	bool one_certificate; /* ours: for all names that the policy is for */
};

struct subjects;

struct automation {
	struct objects policies; /* struct automation_policy */
	const struct subjects *subjects;
	struct issuer_spec public_issuer; /* of public names where none is configured */
};

/* The table of the object "automation". */
extern const struct field automation_fields[];

/* After its fields were read: what holds where they say nothing. Returns 0, or -1 with err. */
int automation_defaults(struct load *load, struct automation *automation, struct error *err);

/* Which issuer and key a name gets: by the first policy for it, else by whether it is public. */
struct managed_name automation_for(const struct automation *automation, const char *name);

/* Do certificates of managed names go with an OCSP response? By the first policy for name. */
bool automation_staples(const struct automation *automation, const char *name);

#endif
