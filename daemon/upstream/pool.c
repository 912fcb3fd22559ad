/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/pool.h"

#include <alloca.h>
#include <string.h>

#include "daemon/core/handler_state.h"
#include "daemon/tls/client.h"
#include "daemon/upstream/policy.h"

const char *const preference_names[] = {
    "", "ipv4_only", "ipv6_only", "ipv4_first", "ipv6_first", NULL};

/* Datagrams are no TLS (DTLS is another protocol). Whom we want must have a name. */
static int check_tls(const struct upstream *u, const struct destination *d,
    const struct jnode *node, struct error *err)
{
	if (u->tls != NULL && address_socket_type(d->address.network) == SOCK_DGRAM)
		return jnode_error(node, err, ERROR_INVALID,
		    "TLS needs a stream; %s takes datagrams",
		    address_network_name(d->address.network));
	if (u->tls == NULL || address_is_ip(d->address.network) || u->tls->insecure ||
	    u->tls->server_name != NULL)
		return 0;
	return jnode_error(node, err, ERROR_INVALID,
	    "TLS over a Unix socket needs tls.server_name, the name to verify");
}

static int only_family(const struct upstream *u)
{
	return u->preference == PREFER_IPV4_ONLY   ? AF_INET
	       : u->preference == PREFER_IPV6_ONLY ? AF_INET6
						   : AF_UNSPEC;
}

int upstream_family(const struct upstream *u, int family)
{
	int only = only_family(u);

	if (only == AF_UNSPEC || family == only)
		return family;
	return family == AF_UNSPEC ? only : -1;
}

/* Is there an address to dial, and one to dial it from? */
static int check_families(const struct upstream *u, const struct destination *d,
    const struct jnode *node, struct error *err)
{
	if (!address_is_ip(d->address.network)) {
		if (u->sources.count > 0)
			return jnode_error(node, err, ERROR_INVALID,
			    "a Unix socket is not dialled from a local_address");
		return 0;
	}
	if (upstream_family(u, address_family(&d->address)) == -1)
		return jnode_error(node, err, ERROR_INVALID,
		    "is not of the family that resolver_preference '%s' allows",
		    preference_names[u->preference]);
	return 0;
}

static int init_sources(
    struct upstream *u, struct load *load, const struct jnode *node, struct error *err)
{
	struct jnode list = jnode_member(node, "local_address");
	int only = only_family(u);

	if (sources_init(&u->sources, load, &list, u->local_address, err) == -1)
		return -1;
	if (u->sources.count > 0 && only != AF_UNSPEC && !sources_may_have(&u->sources, only))
		return jnode_error(&list, err, ERROR_INVALID,
		    "has no address of the family that resolver_preference '%s' allows",
		    preference_names[u->preference]);
	return 0;
}

static int init_upstream(
    struct upstream *u, struct load *load, const struct jnode *node, struct error *err)
{
	struct jnode dial = jnode_member(node, "dial");
	struct destination_rules rules = {u->allow_local, u->deny_private};
	size_t i;

	if (u->dial.count == 0)
		return jnode_error(&dial, err, ERROR_INVALID, "needs at least one address");
	if (u->weight == 0) /* as in the reference */
		u->weight = 1;
	if (init_sources(u, load, node, err) == -1)
		return -1;
	u->destinations = arena_array(load->arena, u->dial.count, sizeof(*u->destinations));
	for (i = 0; i < u->dial.count; i++) {
		struct jnode item = jnode_item(&dial, i);

		if (destination_init(
			&u->destinations[i], load, &item, u->dial.items[i], &rules, err) == -1 ||
		    check_tls(u, &u->destinations[i], &item, err) == -1 ||
		    check_families(u, &u->destinations[i], &item, err) == -1)
			return -1;
	}
	return 0;
}

static void init_cursor(struct pool *pool, struct load *load, const struct jnode *node)
{
	pool->cursor = handler_state(
	    load, node, sizeof(*pool->cursor) + pool->count * sizeof(pool->cursor->credit[0]));
	if (!pool->cursor->ready)
		pthread_mutex_init(&pool->cursor->lock, NULL);
	pool->cursor->ready = true;
}

static void watch_health(const struct pool *pool, struct load *load, struct upstream *u)
{
	const struct health_passive *passive = pool->passive;
	size_t i;

	if (passive != NULL && u->max_connections == 0)
		u->max_connections = passive->unhealthy_connection_count;
	u->passive = passive != NULL && passive->fail_duration > 0 ? passive : NULL;
	for (i = 0; i < u->dial.count; i++) {
		const struct destination *d = &u->destinations[i];

		if (d->peer != NULL && u->passive != NULL)
			peer_remember(d->peer, (size_t)passive->max_fails);
		if (d->peer != NULL && pool->active != NULL)
			health_want(
			    load, d, pool->active, upstream_family(u, address_family(&d->address)));
	}
}

int pool_init(struct pool *pool, struct load *load, const struct jnode *node,
    struct objects upstreams, int policy, int64_t choose, struct error *err)
{
	struct jnode list = jnode_member(node, "upstreams");
	size_t i;

	if (upstreams.count > POOL_MAX)
		return jnode_error(&list, err, ERROR_LIMIT, "has more than %d upstreams", POOL_MAX);
	pool->items = upstreams.items;
	pool->count = upstreams.count;
	pool->policy = &policies[policy];
	pool->choose = choose;
	init_cursor(pool, load, node);
	for (i = 0; i < pool->count; i++) {
		struct jnode item = jnode_item(&list, i);

		if (init_upstream(&pool->items[i], load, &item, err) == -1)
			return -1;
		watch_health(pool, load, &pool->items[i]);
	}
	return 0;
}

bool pool_has_datagrams(const struct pool *pool)
{
	size_t i, j;

	for (i = 0; i < pool->count; i++)
		for (j = 0; j < pool->items[i].dial.count; j++)
			if (address_socket_type(pool->items[i].destinations[j].address.network) ==
			    SOCK_DGRAM)
				return true;
	return false;
}

bool upstream_may_dial(const struct upstream *u, const struct peer *peer)
{
	if (!peer_has_room(peer, (uint64_t)u->max_connections))
		return false;
	switch (peer_forced(peer)) {
	case PEER_UP:
		return true;
	case PEER_DOWN:
		return false;
	default:
		break;
	}
	if (atomic_load_explicit(&peer->down, memory_order_relaxed) > 0)
		return false;
	return u->passive == NULL ||
	       !peer_is_failing(peer, (size_t)u->passive->max_fails, u->passive->fail_duration);
}

bool upstream_available(const struct upstream *u)
{
	size_t i;

	for (i = 0; i < u->dial.count && !u->disabled; i++) {
		const struct peer *peer = u->destinations[i].peer;

		/* Which peer a dynamic one stands for is known when it is dialled. */
		if (peer == NULL || upstream_may_dial(u, peer))
			return true;
	}
	return false;
}

static bool is_open(const struct pool *pool, const bool *tried, size_t i)
{
	return !tried[i] && upstream_available(&pool->items[i]);
}

const struct upstream *pool_select(
    const struct pool *pool, const bool *tried, const struct netaddr *src)
{
	struct candidates c = {.pool = pool, .src = src};
	size_t i;

	if (pool->count == 1) /* nothing to choose */
		return is_open(pool, tried, 0) ? &pool->items[0] : NULL;
	c.items = alloca(pool->count * sizeof(*c.items));
	for (i = 0; i < pool->count; i++)
		if (is_open(pool, tried, i))
			c.items[c.count++] = i;
	if (c.count == 0)
		return NULL;
	return &pool->items[c.items[pool->policy->choose(&c)]];
}

const struct upstream *pool_foresee(const struct pool *pool, const struct netaddr *src)
{
	bool *tried;

	if (pool->count > 1 && !pool->policy->steady)
		return NULL;
	tried = alloca(pool->count * sizeof(*tried));
	memset(tried, 0, pool->count * sizeof(*tried));
	return pool_select(pool, tried, src);
}
