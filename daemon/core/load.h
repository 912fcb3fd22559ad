/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What loading a document carries along: where memory comes from and what has been found so far.
 */
#ifndef DAEMON_CORE_LOAD_H
#define DAEMON_CORE_LOAD_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/input/json.h"

struct edit;
struct instance;
struct route_identity;
struct trust;

struct load {
	struct arena *arena;       /* the route's, while a route is loaded; else the instance's */
	struct instance *instance; /* being made */
	const struct instance *before; /* whose unchanged routes may be shared; NULL: none */
	/* What of before's document a value was made from; NULL: this one came whole. */
	const json_t *(*origin)(const struct edit *edit, const json_t *json);
	const struct edit *edit;
	/* The top-level route that is loaded now, and where it stands; NULL: none. */
	const struct route_identity *identity;
	const struct jnode *route;
	/* The authorities of the internal CA are others than before's. */
	bool authorities_changed;
	bool trusts_ours;    /* the route that is loaded now trusts some of them */
	unsigned needs;      /* what the route that is loaded now needs, of enum transport */
	bool dry;            /* validate: open no socket, ask no one */
	struct trust *trust; /* core/trust.h; NULL: what counts there is not noted */
};

#endif
