/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts of a Caddyfile that come alone, over the control socket.
 */
#ifndef DAEMON_CONFIG_FRAGMENT_H
#define DAEMON_CONFIG_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/error.h"

/* Is it JSON rather than a fragment? A value in braces is; a fragment begins with a word. */
bool fragment_is_json(const char *text);

/*
 * One "route" block, with the named matchers that it uses beside it: *out becomes the route. It can
 * neither import files nor read the environment. Places in errors are "Caddyfile:LINE". Returns 0,
 * or -1 with err.
 */
int fragment_route(const char *text, size_t length, json_t **out, struct error *err);

#endif
