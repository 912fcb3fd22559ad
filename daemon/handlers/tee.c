/* SPDX-License-Identifier: BSD-2-Clause */
/* tee: a branch of handlers gets what the rest of the chain reads; tee_feed.c carries it. */
#include <config.h>

#include "daemon/handlers/tee.h"

#include <errno.h>
#include <string.h>

#include "daemon/core/adapt.h"
#include "daemon/core/explain.h"
#include "daemon/core/load.h"
#include "daemon/core/route.h"
#include "daemon/core/routing.h"
#include "daemon/net/sockets.h"

struct params {
	struct route chain; /* handlers alone */
	bool drop;
};

static int load_branch(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct route *chain = target;

	if (handlers_load(load, node, &chain->handlers, &chain->handler_count, err) == -1)
		return -1;
	if (chain->handler_count == 0)
		return jnode_error(node, err, ERROR_INVALID, "needs at least one handler");
	return 0;
}

static const struct field fields[] = {
    FIELD_CUSTOM(struct params, chain, "branch", FIELD_REQUIRED, load_branch, &handlers_shape,
	"the handlers of the branch"),
    FIELD_BOOL(struct params, drop, "drop", 0,
	"cut off a branch that does not keep up, instead of waiting for it"),
    FIELD_END,
};

static enum handle_result handle(struct conn *conn, const void *p)
{
	const struct params *params = p;
	struct conn *branch;
	int fds[2];

	if (sockets_pair(fds) == 0) {
		branch = tee_start(conn, fds, params->drop);
		routing_start_chain(branch, conn->matching->instance, &params->chain);
		return HANDLE_NEXT;
	}
	if (params->drop)
		return HANDLE_NEXT;
	conn_end(conn, END_LIMIT, strerror(errno));
	return HANDLE_FAIL;
}

static enum explained explain(struct explain *e, const void *p)
{
	const struct params *params = p;

	explain_branch(e, &params->chain);
	return EXPLAIN_NEXT;
}

/* "tee { [drop] <handler>... }" */
static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	int level = d->nesting;
	json_t *branch, *handler;

	dispenser_next(d); /* the name */
	if (dispenser_none(d, err) == -1)
		return -1;
	branch = json_array();
	json_object_set_new(out, "branch", branch);
	while (dispenser_next_block(d, level)) {
		if (strcmp(dispenser_text(d), "drop") == 0) {
			if (dispenser_none(d, err) == -1 ||
			    dispenser_set(d, out, "drop", json_true(), err) == -1)
				return -1;
			continue;
		}
		if (adapt_handler(d, &handler, err) == -1)
			return -1;
		json_array_append_new(branch, handler);
	}
	return 0;
}

const struct handler_type handler_tee = {
    .name = "tee",
    .help = "gives a branch of handlers a copy of what the client sends",
    .fields = fields,
    .params_size = sizeof(struct params),
    .handle = handle,
    .explain = explain,
    .adapt = adapt,
};
