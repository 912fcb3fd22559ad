/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handlers of requests and the routes that lead to them. A route's handlers run in order; what goes
 * through a whole route goes on with the next one, unless the route is terminal. A request that no
 * handler answers gets an empty 200.
 */
#ifndef DAEMON_HTTP_HANDLER_H
#define DAEMON_HTTP_HANDLER_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/http/matcher.h"
#include "daemon/http/request.h"
#include "daemon/http/response.h"

struct http_group;
struct http_deferred;

/* A request and its answer. */
struct http_exchange {
	struct http_request request;
	struct http_response response;
	struct http_group *groups;      /* whose route was taken */
	struct http_deferred *deferred; /* what is to be done to the answer, newest first */
};

/* Something that a handler does once the answer stands. Embedded in what it needs. */
struct http_deferred {
	struct http_deferred *next;
	void (*run)(struct http_deferred *d, struct http_exchange *x);
};

enum http_flow {
	HTTP_NEXT, /* go on with the next handler, the next route */
	HTTP_DONE, /* the answer stands */
};

struct http_handler_type {
	const char *name;
	const char *help; /* one line */
	const struct field *fields;
	size_t params_size;
	/* As in core/handler.h. */
	int (*load)(struct load *load, const struct jnode *node, void *params, struct error *err);
	enum http_flow (*handle)(struct http_exchange *x, const void *params);
};

struct http_handler {
	const struct http_handler_type *type;
	const void *params;
};

struct http_route {
	struct http_matcher_sets match;
	struct http_handler *handlers;
	size_t handler_count;
	const char *group; /* of routes of one group only the first that matches is taken */
	bool terminal;
};

struct http_routes {
	struct http_route *items;
	size_t count;
	struct key_runs *index; /* NULL: not worth one */
};

/* Reads a JSON list of routes; target is a struct http_routes. Returns 0, or -1 with err. */
/* What that takes. */
extern const struct shape http_routes_shape;
int http_routes_load(struct load *load, const struct jnode *node, void *target, struct error *err);

enum http_flow http_routes_run(const struct http_routes *routes, struct http_exchange *x);

/*
 * The answer to x->request by these routes: runs them and what they deferred. Before them come
 * answers to a CA that validates a name of ours.
 */
void http_exchange_run(const struct http_routes *routes, struct http_exchange *x);

extern const struct http_handler_type *const http_handler_types[]; /* ended by NULL */

#endif
