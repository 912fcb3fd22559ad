/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP servers from site blocks: one for each pairing.
 */
#ifndef DAEMON_CONFIG_HTTP_SERVERS_H
#define DAEMON_CONFIG_HTTP_SERVERS_H

#include "daemon/config/pairings.h"

/*
 * Sorts the sites of each pairing, the most specific first, and makes the servers: *out is a new
 * object, name -> server. *metrics is NULL or becomes a new object. Returns 0, or -1 with err.
 */
int http_servers_make(struct adaptation *a, struct pairings *pairings, json_t **out,
    json_t **metrics, struct error *err);

#endif
