/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/pool.h"

#include <alloca.h>
#include <string.h>

#include "daemon/tls/client.h"
#include "daemon/upstream/policy.h"

/* Whom we want must have a name, else anybody would do. */
static int check_tls(const struct upstream *u, const struct destination *d,
    const struct jnode *node, struct error *err)
{
	if (u->tls == NULL || address_is_ip(d->address.network) || u->tls->insecure ||
	    u->tls->server_name != NULL)
		return 0;
	return jnode_error(node, err, ERROR_INVALID,
	    "TLS over a Unix socket needs tls.server_name, the name to verify");
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
	u->destinations = arena_array(load->arena, u->dial.count, sizeof(*u->destinations));
	for (i = 0; i < u->dial.count; i++) {
		struct jnode item = jnode_item(&dial, i);

		if (destination_init(
			&u->destinations[i], load, &item, u->dial.items[i], &rules, err) == -1 ||
		    check_tls(u, &u->destinations[i], &item, err) == -1)
			return -1;
	}
	return 0;
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
	pool->cursor = arena_alloc(load->arena, sizeof(*pool->cursor));
	pool->cursor->credit = arena_array(load->arena, pool->count, sizeof(int64_t));
	pthread_mutex_init(&pool->cursor->lock, NULL);
	for (i = 0; i < pool->count; i++) {
		struct jnode item = jnode_item(&list, i);

		if (init_upstream(&pool->items[i], load, &item, err) == -1)
			return -1;
	}
	return 0;
}

bool upstream_available(const struct upstream *u)
{
	size_t i;

	for (i = 0; i < u->dial.count; i++) {
		const struct peer *peer = u->destinations[i].peer;

		/* Which peer a dynamic one stands for is known when it is dialled. */
		if (peer == NULL || peer_has_room(peer, (uint64_t)u->max_connections))
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
