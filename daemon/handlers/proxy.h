/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Caddyfile side of the handler `proxy`, in a file of its own.
 */
#ifndef DAEMON_HANDLERS_PROXY_H
#define DAEMON_HANDLERS_PROXY_H

#include <jansson.h>

#include "common/error.h"
#include "daemon/input/dispenser.h"

/* As handler_type.adapt. */
int proxy_adapt(struct dispenser *d, json_t *out, struct error *err);

#endif
