/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/patch_order.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/core/item_key.h"

struct order_item {
	struct order_item *previous, *next; /* a ring through order.ends */
	const char *key;                    /* NULL: the ends */
	json_t *json;                       /* a reference */
	const char *was_before, *was_after; /* keys of the neighbours at first; NULL: none */
	bool gone;                          /* kept to be known as one that was there */
	UT_hash_handle hh;
};

struct order {
	json_t *list;
	struct item_keys keys;
	struct order_item ends;
	struct order_item *by_key;
};

static void link_behind(struct order_item *at, struct order_item *item)
{
	item->previous = at;
	item->next = at->next;
	at->next->previous = item;
	at->next = item;
}

static void unlink_item(struct order_item *item)
{
	item->previous->next = item->next;
	item->next->previous = item->previous;
}

static struct order_item *find_any(const struct order *order, const char *key)
{
	struct order_item *item;

	HASH_FIND_STR(order->by_key, key, item);
	return item;
}

static void drop(struct order *order, struct order_item *item)
{
	HASH_DEL(order->by_key, item);
	json_decref(item->json);
	free(item);
}

static struct order_item *add(
    struct order *order, struct order_item *at, const char *key, json_t *json)
{
	struct order_item *item = find_any(order, key);

	if (item != NULL) /* gone, or the caller would not add it */
		drop(order, item);
	item = mem_zalloc(sizeof(*item));
	item->key = key;
	item->json = json_incref(json);
	HASH_ADD_KEYPTR(hh, order->by_key, item->key, strlen(item->key), item);
	link_behind(at, item);
	return item;
}

struct order *order_open(json_t *list)
{
	struct order *order = mem_zalloc(sizeof(*order));
	struct order_item *item;
	size_t i;

	order->list = list;
	order->ends.previous = order->ends.next = &order->ends;
	item_keys_make(&order->keys, list);
	for (i = 0; i < order->keys.count; i++) {
		item =
		    add(order, order->ends.previous, order->keys.items[i], json_array_get(list, i));
		item->was_before = i > 0 ? order->keys.items[i - 1] : NULL;
		item->was_after = i + 1 < order->keys.count ? order->keys.items[i + 1] : NULL;
	}
	return order;
}

void order_close(struct order *order)
{
	struct order_item *item, *next;

	json_array_clear(order->list);
	for (item = order->ends.next; item != &order->ends; item = item->next)
		json_array_append(order->list, item->json);
	HASH_ITER (hh, order->by_key, item, next)
		drop(order, item);
	item_keys_fini(&order->keys);
	free(order);
}

/* ---- looking ------------------------------------------------------------------------------- */

struct order_item *order_find(const struct order *order, const char *key)
{
	struct order_item *item = find_any(order, key);

	return item != NULL && !item->gone ? item : NULL;
}

bool order_had(const struct order *order, const char *key)
{
	return find_any(order, key) != NULL;
}

json_t *order_json(const struct order_item *item)
{
	return item->json;
}

static bool same_key(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool order_is_between(const struct order_item *item, const char *before, const char *after)
{
	return same_key(item->previous->key, before) && same_key(item->next->key, after);
}

bool order_was_beside(const struct order_item *item, const char *before, const char *after)
{
	return same_key(item->was_before, before) || same_key(item->was_after, after);
}

bool order_adjacent(const struct order *order, const char *left, const char *right)
{
	const struct order_item *item = left != NULL ? order_find(order, left) : &order->ends;

	return item != NULL && same_key(item->next->key, right);
}

struct order_item *order_previous(const struct order *order, const struct order_item *item)
{
	return item->previous != &order->ends ? item->previous : NULL;
}

struct order_item *order_last(const struct order *order)
{
	return order_previous(order, &order->ends);
}

/* ---- changing ------------------------------------------------------------------------------- */

void order_remove(struct order_item *item)
{
	unlink_item(item);
	item->gone = true;
}

void order_replace(struct order *order, struct order_item *item, const char *key, json_t *json)
{
	struct order_item *at = item->previous;

	order_remove(item);
	add(order, at, key, json);
}

void order_insert(struct order *order, struct order_item *at, const char *key, json_t *json)
{
	add(order, at != NULL ? at : &order->ends, key, json);
}

void order_move(struct order *order, struct order_item *at, struct order_item *item)
{
	if (at == item)
		return;
	unlink_item(item);
	link_behind(at != NULL ? at : &order->ends, item);
}
