/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Caddyfile to JSON for "client_auth", in connection policies and in a site's "tls".
 */
#ifndef DAEMON_TLS_CLIENT_AUTH_ADAPT_H
#define DAEMON_TLS_CLIENT_AUTH_ADAPT_H

#include <jansson.h>

#include "common/error.h"
#include "daemon/input/dispenser.h"

/*
 * The block behind the cursor, which is on "client_auth". *out is a new object, the value of
 * "client_authentication". No file is read: files are named in the JSON. Returns 0, or -1 with
 * err.
 */
int client_auth_adapt(struct dispenser *d, json_t **out, struct error *err);

/*
 * "<name> [<arguments>]" and perhaps a block behind the cursor: where trusted authorities come
 * from. Sets "ca" of out. Returns 0, or -1 with err.
 */
int trust_pool_adapt(struct dispenser *d, json_t *out, struct error *err);

#endif
