/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/policy.h"

#include <string.h>
#include <time.h>

#include "common/netaddr.h"

/* Fast and good enough to spread load (xorshift64*); not for secrets. */
static uint64_t random64(void)
{
	static _Thread_local uint64_t state;
	struct timespec now;

	if (state == 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		state = (uint64_t)now.tv_nsec * 2654435761u ^ (uint64_t)(uintptr_t)&state ^ 1;
	}
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static size_t below(size_t n)
{
	return (size_t)((random64() >> 32) * n >> 32);
}

static size_t choose_random(const struct candidates *c)
{
	return below(c->count);
}

static uint64_t load_of(const struct candidates *c, size_t i)
{
	const struct upstream *u = &c->pool->items[c->items[i]];
	uint64_t sum = 0;
	size_t j;

	for (j = 0; j < u->dial.count; j++)
		if (u->destinations[j].peer != NULL)
			sum += atomic_load_explicit(
			    &u->destinations[j].peer->connections, memory_order_relaxed);
	return sum;
}

/*
 * The least loaded of some that are drawn, each at most once: the first ones of a shuffle that goes
 * no further than needed.
 */
static size_t choose_random_choose(const struct candidates *c)
{
	size_t best = 0, i, other, swap;

	for (i = 0; i < c->count && i < (size_t)c->pool->choose; i++) {
		other = i + below(c->count - i);
		swap = c->items[i];
		c->items[i] = c->items[other];
		c->items[other] = swap;
		if (load_of(c, i) < load_of(c, best))
			best = i;
	}
	return best;
}

static size_t choose_least_conn(const struct candidates *c)
{
	size_t best = 0, equal = 1, i;

	for (i = 1; i < c->count; i++) {
		uint64_t a = load_of(c, i), b = load_of(c, best);

		if (a < b) {
			best = i;
			equal = 1;
		} else if (a == b && below(++equal) == 0) {
			best = i;
		}
	}
	return best;
}

/* Turns of upstreams that are not available are given up, so that no neighbour gets them all. */
static size_t choose_round_robin(const struct candidates *c)
{
	size_t turns, i;

	for (turns = 0; turns < c->pool->count; turns++) {
		uint64_t next =
		    atomic_fetch_add_explicit(&c->pool->cursor->next, 1, memory_order_relaxed);
		size_t wanted = (size_t)(next % c->pool->count);

		for (i = 0; i < c->count && c->items[i] < wanted; i++)
			;
		if (i < c->count && c->items[i] == wanted)
			return i;
	}
	return below(c->count); /* the other workers took the turns in between */
}

/*
 * Each earns its weight at every choice, and the richest pays for all: shares are exact, and the
 * turns of a heavy one are spread out.
 */
static size_t choose_weighted_round_robin(const struct candidates *c)
{
	struct pool_cursor *cursor = c->pool->cursor;
	int64_t total = 0;
	size_t best = 0, i;

	pthread_mutex_lock(&cursor->lock);
	for (i = 0; i < c->count; i++) {
		int64_t weight = c->pool->items[c->items[i]].weight;

		cursor->credit[c->items[i]] += weight;
		total += weight;
		if (cursor->credit[c->items[i]] > cursor->credit[c->items[best]])
			best = i;
	}
	cursor->credit[c->items[best]] -= total;
	pthread_mutex_unlock(&cursor->lock);
	return best;
}

static size_t choose_first(const struct candidates *c)
{
	(void)c;
	return 0;
}

static uint64_t mix(uint64_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n-- > 0)
		h = (h ^ *p++) * UINT64_C(1099511628211); /* FNV-1a */
	return h;
}

/*
 * Rendezvous hashing: each upstream gets a weight of client and address, the highest wins; so a
 * client moves only when its own upstream goes.
 */
static size_t choose_ip_hash(const struct candidates *c)
{
	size_t size = c->src->family == AF_INET ? 4 : 16, best = 0, i;
	uint64_t highest = 0;

	for (i = 0; i < c->count; i++) {
		const struct upstream *u = &c->pool->items[c->items[i]];
		const char *name = u->dial.items[0];
		uint64_t h = mix(UINT64_C(14695981039346656037), name, strlen(name));

		h = mix(h, c->src->ip, size);
		h ^= h >> 32;
		h *= UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
		if (h >= highest) {
			highest = h;
			best = i;
		}
	}
	return best;
}

const struct policy policies[] = {
    {"random", "any", choose_random, false},
    {"random_choose", "the least loaded of some drawn at random", choose_random_choose, false},
    {"least_conn", "the one with the fewest connections", choose_least_conn, false},
    {"round_robin", "each in turn", choose_round_robin, false},
    {"weighted_round_robin", "each in turn, as often as its weight", choose_weighted_round_robin,
	false},
    {"first", "the first that is available", choose_first, true},
    {"ip_hash", "by the client's address", choose_ip_hash, true},
};

const char *const policy_names[] = {"random", "random_choose", "least_conn", "round_robin",
    "weighted_round_robin", "first", "ip_hash", NULL};
