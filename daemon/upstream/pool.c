/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/pool.h"

#include <alloca.h>
#include <string.h>

#include "daemon/core/replacer.h"
#include "daemon/upstream/policy.h"

static void release_peer(void *object)
{
	peer_unref(object);
}

/* Refuses what the connection's socket would have to be of another kind for. */
static int check_network(
    const struct jnode *node, const struct address_range *range, struct error *err)
{
	int type = address_socket_type(range->first.network);

	if (type != SOCK_STREAM)
		return jnode_error(node, err, ERROR_UNSUPPORTED,
		    "%s cannot be dialled by this version; tcp and unix can",
		    address_network_name(range->first.network));
	if (address_range_count(range) > 1)
		return jnode_error(node, err, ERROR_UNSUPPORTED,
		    "a port range cannot be dialled by this version; write one port");
	return 0;
}

static int init_destination(struct destination *d, struct load *load, const struct jnode *node,
    const char *text, struct error *err)
{
	const struct template *template = template_new(load->arena, text);
	struct address_range range;
	char key[ADDRESS_TEXT_MAX];
	struct error inner;

	if (!template_constant(template))
		return jnode_error(node, err, ERROR_UNSUPPORTED,
		    "'%s' depends on the connection, which this version cannot dial", text);
	if (address_parse_dial(template_text(template), &range, &inner) == -1)
		return jnode_error(node, err, inner.code, "%s", inner.message);
	if (check_network(node, &range, err) == -1)
		return -1;
	d->address = range.first;
	if (!address_is_ip(d->address.network))
		d->fixed = (struct netaddr){.family = AF_UNIX, .path = d->address.host};
	else if (netaddr_parse_ip(d->address.host, &d->fixed))
		d->fixed.port = d->address.port;
	d->peer = peer_get(address_text(&d->address, key));
	arena_release(load->arena, release_peer, d->peer);
	return 0;
}

static int init_upstream(
    struct upstream *u, struct load *load, const struct jnode *node, struct error *err)
{
	struct jnode dial = jnode_member(node, "dial");
	size_t i;

	if (u->dial.count == 0)
		return jnode_error(&dial, err, ERROR_INVALID, "needs at least one address");
	if (u->weight == 0) /* as in the reference */
		u->weight = 1;
	u->destinations = arena_array(load->arena, u->dial.count, sizeof(*u->destinations));
	for (i = 0; i < u->dial.count; i++) {
		struct jnode item = jnode_item(&dial, i);

		if (init_destination(&u->destinations[i], load, &item, u->dial.items[i], err) == -1)
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

	for (i = 0; i < u->dial.count; i++)
		if (peer_has_room(u->destinations[i].peer, (uint64_t)u->max_connections))
			return true;
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
