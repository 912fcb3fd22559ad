/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a server's routes can do anything with what its addresses take: handlers that need a
 * stream where there are datagrams alone, upstreams of the other kind, port ranges to dial that are
 * not as long as those listened on.
 */
#ifndef DAEMON_CONFIG_TRANSPORTS_H
#define DAEMON_CONFIG_TRANSPORTS_H

#include "daemon/core/instance.h"
#include "daemon/input/json.h"

/*
 * Checks the routes in node, the server's object, against the addresses that server listens on. A
 * server with addresses of both kinds may have routes for both. Returns 0, or -1 with err.
 */
int transports_check(const struct jnode *node, const struct server *server, struct error *err);

#endif
