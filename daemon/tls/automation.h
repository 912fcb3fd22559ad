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

/* One issuer of a policy. */
struct issuer_spec {
	enum issuer_kind kind;
	int64_t lifetime; /* ns; 0: its default */
};

struct automation_policy {
	struct strings subjects;     /* names or wildcards, lower case; none: every name */
	struct issuer_spec *issuers; /* in the order in which they are tried; none: by the name */
	size_t issuer_count;
	int key_type; /* enum key_type */
	double renewal_window_ratio;
};

struct automation {
	struct objects policies; /* struct automation_policy */
};

/* The table of the object "automation". */
extern const struct field automation_fields[];

/* Which issuer and key a name gets: by the first policy for it, else by whether it is public. */
struct managed_name automation_for(const struct automation *automation, const char *name);

#endif
