/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TLS connection policies of an HTTP server, as its sites' "tls" directives make them.
 */
#ifndef DAEMON_CONFIG_CONNECTION_POLICIES_H
#define DAEMON_CONFIG_CONNECTION_POLICIES_H

#include "daemon/config/pairings.h"

struct connection_policies {
	json_t *list;    /* the policies */
	json_t *exposed; /* names that have no policy of their own */
	bool catch_all;  /* the last one is for every name */
};

/* Adds the policies of one site; hosts are its names. */
void connection_policies_add(const struct adaptation *a, struct connection_policies *policies,
    const struct served *site, json_t *hosts);

/*
 * Adds a policy without client authentication before one that asks for it by a wildcard, for those
 * names under the wildcard that did not ask for it.
 */
void connection_policies_shield(struct connection_policies *policies);

/* Joins policies that say the same. Returns 0, or -1 with err where two contradict each other. */
int connection_policies_join(json_t *list, struct error *err);

#endif
