/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/pool.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/upstream/policy.h"

static void release_peer(void *object)
{
	peer_unref(object);
}

static int init_destination(struct destination *d, struct load *load, const struct jnode *node,
    const char *text, struct error *err)
{
	struct address_range range;
	char key[ADDRESS_TEXT_MAX];

	text = replace_at_load(load->arena, text);
	d->text = template_new(load->arena, text);
	if (template_constant(d->text)) {
		if (address_parse_dial(template_text(d->text), &range, err) == -1) {
			struct error inner = *err;

			return jnode_error(node, err, inner.code, "%s", inner.message);
		}
		if (address_range_count(&range) > 1)
			return jnode_error(node, err, ERROR_INVALID,
			    "a port range cannot be dialled ('%s')", text);
		d->text = NULL;
		d->address = range.first;
		text = address_text(&d->address, key);
		if (!address_is_ip(d->address.network))
			d->fixed = (struct netaddr){.family = AF_UNIX, .path = d->address.host};
		else if (netaddr_parse_ip(d->address.host, &d->fixed))
			d->fixed.port = d->address.port;
	}
	d->peer = peer_get(text);
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
	u->destinations = arena_array(load->arena, u->dial.count, sizeof(*u->destinations));
	for (i = 0; i < u->dial.count; i++) {
		struct jnode item = jnode_item(&dial, i);

		if (init_destination(
			&u->destinations[i], load, &item, u->dial.items[i], err) == -1)
			return -1;
	}
	return 0;
}

int pool_init(struct pool *pool, struct load *load, const struct jnode *node,
    struct objects upstreams, int policy, int64_t choose, struct error *err)
{
	struct jnode list = jnode_member(node, "upstreams");
	size_t i;

	pool->items = upstreams.items;
	pool->count = upstreams.count;
	pool->policy = &policies[policy];
	pool->choose = choose;
	pool->cursor = arena_alloc(load->arena, sizeof(*pool->cursor));
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
		if (u->max_connections == 0 ||
		    atomic_load_explicit(&u->destinations[i].peer->connections,
			memory_order_relaxed) < (uint64_t)u->max_connections)
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
