/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes: matcher sets and a chain of handlers. A top-level route is one arena with a count of
 * references; instances share it while its JSON stays the same, connections hold it to their end.
 */
#ifndef DAEMON_CORE_ROUTE_H
#define DAEMON_CORE_ROUTE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"

struct route {
	struct matcher_sets match;
	struct handler *handlers;
	size_t handler_count;
	const char *name;   /* "@id", or "#handle" for a top-level one, or NULL */
	const char *server; /* the server's name, in this route's arena */
	/* Of top-level routes alone. */
	struct arena *arena;
	_Atomic unsigned refs;
	json_t *json; /* a reference; touched by the control thread alone */
	uint64_t handle;
};

/* A list of routes with the options of its matching phase. */
struct route_list {
	struct route **items;
	size_t count;
	int64_t matching_timeout; /* ns */
	int64_t silence_timeout;  /* ns; 0: off */
	size_t matching_buffer;   /* bytes */
	bool inner;               /* a subroute's or a wrapper's: falls through */
};

#define MATCHING_TIMEOUT_DEFAULT "3s"
#define MATCHING_BUFFER_DEFAULT 16384

struct route *route_ref(struct route *route);
void route_unref(struct route *route); /* NULL is allowed */

/* Reads a JSON list of routes into load->arena (inner: parts of the route that holds them). */
int routes_load(struct load *load, const struct jnode *node, struct route ***items, size_t *count,
    struct error *err);

/* Reads one route's match and handle into route, memory from load->arena. */
int route_load(struct load *load, const struct jnode *node, struct route *route,
    struct error *err);

#endif
