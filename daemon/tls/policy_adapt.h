/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connection policies of a Caddyfile.
 */
#ifndef DAEMON_TLS_POLICY_ADAPT_H
#define DAEMON_TLS_POLICY_ADAPT_H

#include <jansson.h>

#include "common/error.h"
#include "daemon/input/dispenser.h"

/*
 * A "connection_policy" block with the cursor on that word. *out is a new object. Returns 0, or -1
 * with err.
 */
int tls_policy_adapt(struct dispenser *d, json_t **out, struct error *err);

#endif
