/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connections that one operation concerns: those on certain routes, perhaps to certain peers
 * alone, or those from certain listeners. Found on the control thread, asked on any.
 */
#ifndef DAEMON_CONFIG_CONCERN_ITEM_H
#define DAEMON_CONFIG_CONCERN_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "daemon/config/edit.h"
#include "daemon/config/operation.h"
#include "daemon/core/conn.h"
#include "daemon/core/instance.h"

/* A route is known by its identity, so that connections on an earlier form of it are found too. */
struct concern {
	const struct operation *op;
	struct arena *arena;   /* of its lists */
	struct route **routes; /* of the instance before, references, sorted by identity */
	size_t route_count;
	bool by_peer; /* only those to these upstreams */
	const char **peers;
	size_t peer_count;
	const char **listeners; /* "tcp/:993", sorted */
	size_t listener_count;
	_Atomic uint64_t count;
	const char *calls_off;  /* the operation whose drain this one ends; NULL: it ends none */
	bool due;               /* to be ended now ... */
	enum end_reason reason; /* ... with this */
};

/* What op concerns: before it is carried out on edit, which began with base. */
void concern_look(struct concern *c, const struct instance *base, struct edit *edit);
/*
 * Of a whole document: all routes of base, or all addresses that it listens on, and then without
 * those that next still has, routes as they were.
 */
void concern_look_at_routes(struct concern *c, const struct instance *base);
void concern_look_at_listeners(struct concern *c, const struct instance *base);
void concern_spare(struct concern *c, const struct instance *next);
void concern_fini(struct concern *c);

/* Is there nobody that it could concern? */
bool concern_is_empty(const struct concern *c);
/* Is this one of them? Those on a form of a route that is newer than revision are not. */
bool concern_has(const struct concern *c, const struct conn *conn, uint64_t revision);
/* Does c undo what drain was about, so that it ends? */
bool concern_undoes(const struct concern *c, const struct concern *drain);

#endif
