/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a server's routes can do anything with what its addresses take: handlers that need a
 * stream where there are datagrams alone, upstreams of the other kind, port ranges to dial that are
 * not as long as those listened on.
 */
#ifndef DAEMON_CORE_TRANSPORTS_H
#define DAEMON_CORE_TRANSPORTS_H

#include "daemon/core/route.h"
#include "daemon/input/field.h"

/*
 * Checks the routes of list, which were read from the object at node, against the addresses that
 * their server listens on. A server with addresses of both kinds may have routes for both. Returns
 * 0, or -1 with err.
 */
int transports_check(const struct jnode *node, const struct route_list *list,
    const struct strings *listen, struct error *err);

#endif
