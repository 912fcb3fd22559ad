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
		sum += atomic_load_explicit(
		    &u->destinations[j].peer->connections, memory_order_relaxed);
	return sum;
}

/* The least loaded of some that were drawn; equal ones are chosen among at random. */
static size_t choose_random_choose(const struct candidates *c)
{
	size_t best = below(c->count), i;

	for (i = 1; i < (size_t)c->pool->choose; i++) {
		size_t other = below(c->count);

		if (load_of(c, other) < load_of(c, best))
			best = other;
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

static size_t choose_round_robin(const struct candidates *c)
{
	uint64_t turn = atomic_fetch_add_explicit(&c->pool->cursor->next, 1, memory_order_relaxed);
	size_t wanted = (size_t)(turn % c->pool->count), i;

	for (i = 0; i < c->count; i++)
		if (c->items[i] >= wanted)
			return i;
	return 0;
}

/* Each gets its weight's share of every round of as many turns as the weights add up to. */
static size_t choose_weighted_round_robin(const struct candidates *c)
{
	uint64_t total = 0, turn;
	size_t i;

	for (i = 0; i < c->count; i++)
		total += (uint64_t)c->pool->items[c->items[i]].weight;
	if (total == 0)
		return 0;
	turn = atomic_fetch_add_explicit(&c->pool->cursor->next, 1, memory_order_relaxed) % total;
	for (i = 0; i < c->count; i++) {
		uint64_t weight = (uint64_t)c->pool->items[c->items[i]].weight;

		if (turn < weight)
			break;
		turn -= weight;
	}
	return i;
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
		const char *name = u->destinations[0].peer->address;
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
    {"random", "any", choose_random},
    {"random_choose", "the least loaded of some drawn at random", choose_random_choose},
    {"least_conn", "the one with the fewest connections", choose_least_conn},
    {"round_robin", "each in turn", choose_round_robin},
    {"weighted_round_robin", "each in turn, as often as its weight", choose_weighted_round_robin},
    {"first", "the first that is available", choose_first},
    {"ip_hash", "by the client's address", choose_ip_hash},
};

const char *const policy_names[] = {"random", "random_choose", "least_conn", "round_robin",
    "weighted_round_robin", "first", "ip_hash", NULL};
