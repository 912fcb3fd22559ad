/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listener wrapper "layer4" of an HTTP server. Its routes are top-level ones, in a list of the
 * instance's: so they change while the server itself, and who is connected to it, stay. What stands
 * in the server's chain is only the list's number.
 */
#ifndef DAEMON_HTTP_WRAPPERS_H
#define DAEMON_HTTP_WRAPPERS_H

#include "daemon/core/instance.h"
#include "daemon/core/load.h"
#include "daemon/http/settings.h"

extern const struct handler_type handler_http_layer4;
/* Of the wrapper. */
extern const struct field http_wrapper_fields[];

/* Is it an object with this "wrapper"? */
bool http_wrapper_is(const json_t *wrapper, const char *name);

/*
 * Loads the lists of the server's wrappers "layer4", in their order, into *out and the instance.
 * What is no such wrapper is passed over. Returns 0, or -1 with err.
 */
int http_wrappers_load(struct load *load, const struct http_settings *settings,
    const struct route_table *const **out, struct error *err);

#endif
