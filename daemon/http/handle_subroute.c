/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/handler.h"

static const struct field fields[] = {
    {.name = "routes",
	.type = FIELD_TYPE_CUSTOM,
	.load = http_routes_load,
	.shape = &http_routes_shape,
	.help = "the routes, asked in order"},
    FIELD_END,
};

static enum http_flow handle(struct http_exchange *x, const void *params)
{
	return http_routes_run(params, x);
}

const struct http_handler_type http_handler_subroute = {
    .name = "subroute",
    .help = "asks a list of routes of its own; goes on where none of them ends it",
    .fields = fields,
    .params_size = sizeof(struct http_routes),
    .handle = handle,
};
