/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Selection policies: each chooses one of the upstreams that may be dialled now.
 */
#ifndef DAEMON_UPSTREAM_POLICY_H
#define DAEMON_UPSTREAM_POLICY_H

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/upstream/pool.h"

/*
 * Where a policy has got to; shared by the workers, so that turns are exact. Goes on when the route
 * changes, unless the number of upstreams does.
 */
struct pool_cursor {
	_Atomic uint64_t next; /* round_robin */
	/* weighted_round_robin: held for a walk through the candidates. */
	pthread_mutex_t lock;
	bool ready;       /* lock is initialised */
	int64_t credit[]; /* of each upstream of the pool */
};

struct candidates {
	const struct pool *pool;
	size_t *items; /* indexes into the pool, ascending */
	size_t count;  /* at least 1 */
	const struct netaddr *src;
};

struct policy {
	const char *name;
	const char *help;
	size_t (*choose)(const struct candidates *c); /* an index into c->items */
	bool steady; /* the same candidates and client, the same choice */
};

/* In the order of policy_names. */
extern const struct policy policies[];

#endif
