/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the routes of a list would do with a connection that is only described. Runs the real
 * matchers by the real rules; no handler acts, each tells what it would do.
 */
#ifndef DAEMON_CORE_EXPLAIN_H
#define DAEMON_CORE_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/core/matcher.h"
#include "daemon/core/route.h"

struct server;

struct explain {
	struct match_input *in;
	const struct server *server;
	/* Told on the way, with arg: */
	void *arg;
	void (*route)(void *arg, const struct explain *e, const struct route *route, size_t index,
	    const char *verdict); /* "no", "yes", "more", "disabled" */
	/* After its route; set counts from 0. */
	void (*matcher)(
	    void *arg, size_t set, const struct matcher_type *type, enum match_verdict verdict);
	void (*handler)(void *arg, const struct handler_type *type);
	/* What would be dialled: all that is possible, or the one that is certain. */
	void (*upstream)(void *arg, const char *dial, bool available, bool certain);
	/* The explanation's own, zeroed before. */
	unsigned depth;           /* of subroutes */
	bool opaque;              /* a handler has changed the bytes: the new ones are not known */
	bool matched;             /* a route was taken */
	const struct route *last; /* the top-level one taken last; NULL: none */
};

enum explained explain_routes(struct explain *e, const struct route_list *list);
/* The same of the routes inside of a handler. */
enum explained explain_inner(struct explain *e, const struct route_list *list);
/* What one route says to e->in, with its matchers; nothing is taken. */
void explain_route(struct explain *e, const struct route *route, size_t index);
/* A chain that runs beside the one that is explained, which then goes on as if nothing were. */
void explain_branch(struct explain *e, const struct route *chain);

/* For handler_type.explain: */
enum explained explain_terminal(struct explain *e, const void *params);
/* Goes on with other bytes than those before. */
enum explained explain_opaque(struct explain *e, const void *params);

#endif
