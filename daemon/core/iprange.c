/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/iprange.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/core/load.h"
#include "daemon/core/replacer.h"
#include "daemon/input/dispenser.h"
#include "daemon/input/field.h"
#include "daemon/input/json.h"

/*
 * Ranges of one family as bytes: first and last address, width bytes each, in network order, so
 * that memcmp() orders them. IPv4 has a table of its own: 8 bytes a range.
 */
struct table {
	uint8_t *items;
	size_t count;
	size_t width;
};

struct iprange {
	struct table v4, v6;
};

static uint8_t *first_of(const struct table *t, size_t i)
{
	return t->items + i * 2 * t->width;
}

static uint8_t *last_of(const struct table *t, size_t i)
{
	return first_of(t, i) + t->width;
}

static void add(struct table *t, const struct cidr *range)
{
	uint8_t *first = first_of(t, t->count), *last = last_of(t, t->count);
	size_t i, bits;

	for (i = 0; i < t->width; i++) {
		bits = range->bits > i * 8 ? range->bits - i * 8 : 0;
		uint8_t host = bits >= 8 ? 0 : (uint8_t)(0xff >> bits);

		first[i] = range->net.ip[i] & (uint8_t)~host;
		last[i] = range->net.ip[i] | host;
	}
	t->count++;
}

static int compare_v4(const void *a, const void *b)
{
	return memcmp(a, b, 4);
}

static int compare_v6(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* Is first what follows last, or before that? */
static bool touches(const uint8_t *last, const uint8_t *first, size_t width)
{
	uint8_t next[16];
	size_t i = width;

	if (memcmp(first, last, width) <= 0)
		return true;
	memcpy(next, last, width);
	while (i > 0 && ++next[i - 1] == 0)
		i--;
	return memcmp(first, next, width) == 0;
}

static void merge(struct table *t)
{
	size_t kept = 0, i;

	if (t->count == 0)
		return;
	qsort(t->items, t->count, 2 * t->width, t->width == 4 ? compare_v4 : compare_v6);
	for (i = 1; i < t->count; i++) {
		if (!touches(last_of(t, kept), first_of(t, i), t->width))
			memmove(first_of(t, ++kept), first_of(t, i), 2 * t->width);
		else if (memcmp(last_of(t, i), last_of(t, kept), t->width) > 0)
			memcpy(last_of(t, kept), last_of(t, i), t->width);
	}
	t->count = kept + 1;
}

struct iprange *iprange_new(struct arena *arena, const struct cidr *ranges, size_t count)
{
	struct iprange *set = arena_alloc(arena, sizeof(*set));
	size_t i, v4 = 0;

	for (i = 0; i < count; i++)
		v4 += ranges[i].net.family == AF_INET;
	set->v4 = (struct table){.items = arena_array(arena, v4, 8), .width = 4};
	set->v6 = (struct table){.items = arena_array(arena, count - v4, 32), .width = 16};
	for (i = 0; i < count; i++)
		add(ranges[i].net.family == AF_INET ? &set->v4 : &set->v6, &ranges[i]);
	merge(&set->v4);
	merge(&set->v6);
	return set;
}

/* Binary search for the last range that begins at or before ip. */
static bool search(const struct table *t, const uint8_t *ip)
{
	size_t low = 0, high = t->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (memcmp(first_of(t, middle), ip, t->width) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && memcmp(ip, last_of(t, low - 1), t->width) <= 0;
}

bool iprange_contains(const struct iprange *set, const struct netaddr *addr)
{
	switch (addr->family) {
	case AF_INET:
		return search(&set->v4, addr->ip);
	case AF_INET6:
		return search(&set->v6, addr->ip);
	default:
		return false;
	}
}

size_t iprange_count(const struct iprange *set)
{
	return set->v4.count + set->v6.count;
}

/* --- loading --------------------------------------------------------------------------------- */

static size_t private_count(void)
{
	size_t n = 0;

	while (cidr_private_ranges[n] != NULL)
		n++;
	return n;
}

static int parse_text(struct load *load, const char *text, const struct jnode *item,
    struct cidr *out, size_t *count, struct error *err)
{
	size_t i;

	if (strcmp(text, "private_ranges") == 0) {
		for (i = 0; cidr_private_ranges[i] != NULL; i++) {
			if (cidr_parse(cidr_private_ranges[i], &out[*count]))
				(*count)++;
		}
		return 0;
	}
	text = replace_at_load(load->arena, text);
	if (!cidr_parse(text, &out[*count]))
		return jnode_error(item, err, ERROR_INVALID,
		    "'%s' is no IP address and no range such as 10.0.0.0/8", text);
	(*count)++;
	return 0;
}

int iprange_load(struct load *load, const struct jnode *node, const char *key,
    const struct strings *texts, struct iprange **out, struct error *err)
{
	struct jnode list = jnode_member(node, key);
	struct cidr *ranges;
	size_t i, count = 0;
	int result = 0;

	ranges = mem_alloc((texts->count + 1) * private_count() * sizeof(*ranges));
	for (i = 0; i < texts->count && result == 0; i++) {
		struct jnode item = jnode_item(&list, i);

		result = parse_text(load, texts->items[i], &item, ranges, &count, err);
	}
	if (result == 0)
		*out = iprange_new(load->arena, ranges, count);
	free(ranges);
	return result;
}

void iprange_adapt(const char *text, json_t *list)
{
	size_t i;

	if (strcmp(text, "private_ranges") != 0) {
		json_array_append_new(list, json_string(text));
		return;
	}
	for (i = 0; cidr_private_ranges[i] != NULL; i++)
		json_array_append_new(list, json_string(cidr_private_ranges[i]));
}

int iprange_adapt_list(struct dispenser *d, json_t *out, const char *key, struct error *err)
{
	json_t *list = json_object_get(out, key);
	const char *text;

	if (dispenser_args_left(d) == 0)
		return dispenser_arg_error(d, err);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(out, key, list);
	}
	while ((text = dispenser_arg(d)) != NULL)
		iprange_adapt(text, list);
	return 0;
}

int iprange_adapt_object(struct dispenser *d, json_t **out, struct error *err)
{
	*out = json_object();
	if (iprange_adapt_list(d, *out, "ranges", err) == 0 && dispenser_no_block(d, err) == 0)
		return 0;
	json_decref(*out);
	*out = NULL;
	return -1;
}
