/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/explain.h"

#include "daemon/core/routing.h"

enum explained explain_terminal(struct explain *e, const void *params)
{
	(void)e;
	(void)params;
	return EXPLAIN_DONE;
}

enum explained explain_opaque(struct explain *e, const void *params)
{
	(void)params;
	e->opaque = true;
	return EXPLAIN_NEXT;
}

static void tell_matchers(struct explain *e, const struct matcher_sets *sets)
{
	size_t i, j;

	for (i = 0; i < sets->count; i++) {
		for (j = 0; j < sets->items[i].count; j++) {
			const struct matcher *m = &sets->items[i].items[j];
			enum match_verdict verdict = m->type->match(m->params, e->in);

			/* Nothing more will come. */
			if (verdict == MATCH_MORE && e->in->phase != MATCH_LIVE)
				verdict = MATCH_NO;
			e->matcher(e->arg, i, m->type, verdict);
		}
	}
}

void explain_route(struct explain *e, const struct route *route, size_t index)
{
	enum match_verdict verdict;

	if (route->disabled) {
		e->route(e->arg, e, route, index, "disabled");
		return;
	}
	verdict = matcher_sets_match(&route->match, e->in, NULL);
	e->route(e->arg, e, route, index, match_verdict_name(verdict));
	tell_matchers(e, &route->match);
}

static enum explained explain_chain(struct explain *e, const struct route *route)
{
	enum explained result = EXPLAIN_NEXT;
	size_t i;

	for (i = 0; i < route->handler_count && result == EXPLAIN_NEXT; i++) {
		const struct handler *h = &route->handlers[i];

		e->handler(e->arg, h->type);
		if (h->type->explain != NULL)
			result = h->type->explain(e, h->params);
	}
	return result;
}

enum explained explain_routes(struct explain *e, const struct route_list *list)
{
	enum explained result;
	size_t from, i, index = 0;
	enum pick pick;

	for (from = 0; from < list->count; from = index + 1) {
		if (e->opaque)
			return EXPLAIN_UNKNOWN;
		pick = routing_pick(list, from, e->in, &index);
		for (i = from; i < list->count && (pick != PICK_ROUTE || i <= index); i++)
			explain_route(e, list->items[i], i);
		if (pick != PICK_ROUTE)
			return pick == PICK_MORE ? EXPLAIN_MORE : EXPLAIN_NEXT;
		e->matched = true;
		if (list->items[index]->identity != NULL)
			e->last = list->items[index];
		result = explain_chain(e, list->items[index]);
		if (result != EXPLAIN_NEXT)
			return result;
	}
	return EXPLAIN_NEXT;
}

enum explained explain_inner(struct explain *e, const struct route_list *list)
{
	const struct route *outer = e->last;
	enum explained result;

	e->depth++;
	result = explain_routes(e, list);
	e->depth--;
	if (result == EXPLAIN_NEXT)
		e->last = outer;
	return result;
}

void explain_branch(struct explain *e, const struct route *chain)
{
	bool opaque = e->opaque;

	e->depth++;
	explain_chain(e, chain);
	e->depth--;
	e->opaque = opaque;
}
