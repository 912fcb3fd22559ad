/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/adapt.h"
#include "daemon/core/conn.h"
#include "daemon/core/explain.h"
#include "daemon/core/route.h"
#include "daemon/core/routing.h"

struct params {
	struct route_list list;
};

static const struct field fields[] = {
    ROUTE_LIST_FIELDS(struct params, list),
    FIELD_END,
};

static int load(struct load *load, const struct jnode *node, void *p, struct error *err)
{
	struct params *params = p;

	return route_list_finish(load, node, &params->list, err);
}

static enum handle_result handle(struct conn *conn, const void *p)
{
	const struct params *params = p;

	return routing_enter(conn, &params->list);
}

static enum explained explain(struct explain *e, const void *p)
{
	const struct params *params = p;

	return explain_inner(e, &params->list);
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	dispenser_next(d);
	if (dispenser_args_left(d) > 0)
		return dispenser_arg_error(d, err);
	return adapt_routes(d, out, 0, err);
}

const struct handler_type handler_subroute = {
    .name = "subroute",
    .help = "asks a list of routes of its own; goes on in the chain where none matches",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load,
    .handle = handle,
    .explain = explain,
    .adapt = adapt,
    .datagrams = true,
};
