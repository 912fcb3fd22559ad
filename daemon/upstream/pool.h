/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The upstreams of a proxy handler, and choosing among them.
 */
#ifndef DAEMON_UPSTREAM_POOL_H
#define DAEMON_UPSTREAM_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/core/load.h"
#include "daemon/input/field.h"
#include "daemon/upstream/destination.h"
#include "daemon/upstream/health.h"
#include "daemon/upstream/source.h"

struct tls_client;

/* Which addresses of a name to dial, in the order of preference_names. */
enum preference {
	PREFER_ANY, /* as the resolver sorts them */
	PREFER_IPV4_ONLY,
	PREFER_IPV6_ONLY,
	PREFER_IPV4_FIRST,
	PREFER_IPV6_FIRST,
};
extern const char *const preference_names[]; /* NULL-ended */

struct upstream {
	struct strings dial;
	struct strings local_address;
	int preference; /* enum preference */
	bool disabled;  /* ours: not chosen */
	int64_t weight;
	int64_t max_connections;              /* of each peer; 0: no limit */
	bool allow_local, deny_private;       /* of dynamic destinations */
	struct tls_client *tls;               /* NULL: plain */
	struct sources sources;               /* to dial from; none: as the system chooses */
	const struct health_passive *passive; /* NULL: off */
	struct destination *destinations;     /* dial.count of them */
};

struct policy;
struct pool_cursor;

#define POOL_MAX 4096 /* upstreams of one pool */

struct pool {
	struct upstream *items;
	size_t count;
	const struct policy *policy;
	int64_t choose; /* random_choose: of how many */
	struct pool_cursor *cursor;
	const struct health_passive *passive; /* NULL: none */
	const struct health_active *active;   /* NULL: none */
};

/* The names of the policies, NULL-ended, and the fields of "selection". */
extern const char *const policy_names[];

/*
 * Makes pool of upstreams whose fields have been read: parses addresses, finds peers. passive and
 * active have been set. The pool's memory and peers belong to load->arena. Returns 0, or -1 with
 * err.
 */
int pool_init(struct pool *pool, struct load *load, const struct jnode *node,
    struct objects upstreams, int policy, int64_t choose, struct error *err);

/* Does one of its upstreams take datagrams? */
bool pool_has_datagrams(const struct pool *pool);

/* May this peer of upstream be dialled: is it healthy and below its limit? */
bool upstream_may_dial(const struct upstream *upstream, const struct peer *peer);
/* The family that its preference leaves of family; -1: none. */
int upstream_family(const struct upstream *upstream, int family);

/* May it be dialled now: may one of its peers? */
bool upstream_available(const struct upstream *upstream);

/*
 * The upstream to try next, not one for which tried[index] is true; NULL: none is available.
 * src is the client's effective address (for ip_hash).
 */
const struct upstream *pool_select(
    const struct pool *pool, const bool *tried, const struct netaddr *src);

/* The one that a new client of that address would get; NULL: that is not certain, or none. */
const struct upstream *pool_foresee(const struct pool *pool, const struct netaddr *src);

#endif
