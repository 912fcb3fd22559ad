/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that is counted, a row a thing: for lists, and for metrics. Which rows there are is
 * kept from the beginning, what they say is read when it is wanted. Control thread.
 */
#ifndef DAEMON_CONTROL_STATS_H
#define DAEMON_CONTROL_STATS_H

#include <stddef.h>

#include "daemon/core/tally.h"

enum stats_kind { STATS_DAEMON, STATS_LISTENER, STATS_SERVER, STATS_ROUTE, STATS_UPSTREAM };
#define STATS_KIND_COUNT 5

/* "daemon", ... */
extern const char *const stats_kinds[STATS_KIND_COUNT + 1]; /* ended by NULL */

struct stats_row {
	enum stats_kind kind;
	const char *name;
	const char *server;      /* of a listener or a route; NULL: none */
	struct tallies *tallies; /* a reference; NULL: the daemon's */
};

/* In the order of the kinds; listeners, servers and routes in the order of the document. */
struct stats {
	struct stats_row *rows;
	size_t count;
	struct arena *arena;
};

/* Upstreams that no document names are one row of this name. */
#define STATS_UNNAMED "(dynamic)"

/* kind NULL: all. Free with stats_free(). */
struct stats *stats_new(const enum stats_kind *kind);
void stats_free(struct stats *stats);

/* What the row's thing has counted so far. The daemon has no times. */
void stats_read(const struct stats_row *row, struct tally *out);

#endif
