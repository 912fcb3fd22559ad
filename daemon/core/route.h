/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes: matcher sets and a chain of handlers. A top-level route is one arena with a count of
 * references; instances share it while its JSON and the authorities that it trusts stay the same,
 * connections hold it to their end.
 */
#ifndef DAEMON_CORE_ROUTE_H
#define DAEMON_CORE_ROUTE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"

/* What clients may speak over. A mask of these is what parts of a route are of no use without. */
enum transport {
	TRANSPORT_STREAM = 1 << 0,
	TRANSPORT_DATAGRAMS = 1 << 1,
	TRANSPORT_RANGE = 1 << 2, /* it dials a range of ports */
};

struct tallies;

struct route {
	struct matcher_sets match;
	struct handler *handlers;
	size_t handler_count;
	bool disabled;      /* ours: passed over, as if it never matched */
	const char *name;   /* "@id", or "#handle" for a top-level one, or NULL */
	const char *server; /* the server's name, in this route's arena */
	/* Of top-level routes alone. */
	struct arena *arena;
	_Atomic unsigned refs;
	_Atomic unsigned held;   /* connections that took this very object */
	json_t *json;            /* a reference; never changed */
	struct trusted *trusted; /* values of core/trust.h, its own and those inside it */
	uint64_t revision;       /* of the document that it was compiled for first */
	struct route_identity *identity;
	unsigned needs;   /* of enum transport */
	bool trusts_ours; /* some authority of the internal CA, which is described elsewhere */
};

/* What a route keeps while its JSON changes: the handle, what is counted. */
struct route_identity {
	_Atomic unsigned refs;
	uint64_t handle;
	struct tallies *tallies;
};

/* A list of routes with the options of its matching phase. */
struct route_list {
	struct route **items;
	size_t count;
	int64_t matching_timeout; /* ns */
	int64_t silence_timeout;  /* ns; 0: off */
	int64_t matching_buffer;  /* bytes */
	struct key_runs *index;   /* NULL: not worth one */
};

/* The fields of a route list's options, for the tables of servers and subroutes. */
#define ROUTE_LIST_OPTIONS(s, m)                                                                   \
	FIELD_DURATION(s, m.matching_timeout, "matching_timeout", 0, "3s",                         \
	    "how long a connection may take to be matched; undecided then: closed"),               \
	    FIELD_DURATION(s, m.silence_timeout, "silence_timeout", 0, NULL,                       \
		"after this time without a byte, undecided matchers count as no and the first "    \
		"remaining route that rests on facts is taken; 0: off"),                           \
	    FIELD_INT(s, m.matching_buffer, "matching_buffer", 0, "16384", 2048, 65536,            \
		"most bytes kept while matching")
/* The same with "routes" that belong to the route that holds them. */
#define ROUTE_LIST_FIELDS(s, m)                                                                    \
	ROUTE_LIST_OPTIONS(s, m), FIELD_CUSTOM(s, m, "routes", 0, route_list_load_routes,          \
				      &routes_shape, "the routes, asked in order")

/* With one reference, for the route that has this number. */
struct route_identity *route_identity_new(uint64_t handle);
struct route_identity *route_identity_ref(struct route_identity *identity);
void route_identity_unref(struct route_identity *identity);

/*
 * A top-level route in an arena of its own, with one reference; nothing to match and no handler
 * yet. Holds references of its own on json and identity. Control thread.
 */
struct route *route_new(json_t *json, const char *server, struct route_identity *identity);
struct route *route_ref(struct route *route);
void route_unref(struct route *route); /* NULL is allowed */

/* A connection takes the route (a reference, counted), and is freed with it. */
struct route *route_enter(struct route *route);
void route_leave(struct route *route);

/* How many top-level routes (objects, not identities) have connections, of any instance. */
uint64_t routes_held(void);

/* What lists of routes, and chains of handlers, look like. */
extern const struct shape routes_shape, handlers_shape;

/* Reads a JSON list of routes into load->arena (inner: parts of the route that holds them). */
int routes_load(struct load *load, const struct jnode *node, struct route ***items, size_t *count,
    struct error *err);

/* For ROUTE_LIST_FIELDS: routes inside another route, in load->arena. */
int route_list_load_routes(
    struct load *load, const struct jnode *node, void *target, struct error *err);
/* Checks a list whose options were read from node, and indexes it. Returns 0, or -1 with err. */
int route_list_finish(
    struct load *load, const struct jnode *node, struct route_list *list, struct error *err);

/* Reads one handler of a chain, memory from load->arena. Returns 0, or -1 with err. */
int handler_load(
    struct load *load, const struct jnode *node, struct handler *out, struct error *err);

/* The same of a chain. */
int handlers_load(struct load *load, const struct jnode *node, struct handler **handlers,
    size_t *count, struct error *err);

/* Reads one route's match and handle into route, memory from load->arena. */
int route_load(struct load *load, const struct jnode *node, struct route *route, struct error *err);

#endif
