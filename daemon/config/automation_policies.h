/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of automation policies, and how it is put in order and shortened.
 */
#ifndef DAEMON_CONFIG_AUTOMATION_POLICIES_H
#define DAEMON_CONFIG_AUTOMATION_POLICIES_H

#include "daemon/config/adaptation.h"

struct automation_policy {
	json_t *subjects; /* names; empty: every name */
	json_t *settings; /* the policy without them */
	bool configured;  /* its issuers come from options or directives, not from its names */
	json_t *names;    /* the subjects in lower case, as a set; NULL until they are compared */
	bool wild;        /* some subject is a wildcard */
	bool alone;       /* no other policy has a subject of it */
};

struct automation_policies {
	struct automation_policy *items;
	size_t count, size;
};

/* Adds one; takes both values. The pointer is good until the next one is added. */
struct automation_policy *automation_policies_add(
    struct automation_policies *list, json_t *subjects, json_t *settings);
void automation_policies_fini(struct automation_policies *list);

/* Sorts them, the most specific first, and joins or removes those that say nothing new. */
void automation_policies_join(struct automation_policies *list);

/* May a public authority issue for name under this policy? */
bool automation_policy_is_public(const struct automation_policy *policy, const char *name);

#endif
