/* SPDX-License-Identifier: BSD-2-Clause */
/* Document + entries -> document. */
#include <config.h>

#include "daemon/config/patch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "common/pack.h"
#include "daemon/config/patch_order.h"
#include "daemon/core/item_key.h"
#include "daemon/input/json.h"

#define KEY_SHOWN 8 /* letters of a digest in a path */

/* A value that was copied and may be changed. */
struct own {
	const json_t *json;
	UT_hash_handle hh;
};

struct applying {
	json_t *document; /* a reference */
	struct own *own;
	void (*refused)(void *arg, size_t index, const char *why);
	void *arg;
};

static void refuse(struct applying *a, size_t index, const char *why)
{
	a->refused(a->arg, index, why);
}

/* ---- the way to the container, copied where it is not ours yet ------------------------------- */

/* Takes the reference on json, returns one on what may be changed instead. */
static json_t *owned(struct applying *a, json_t *json)
{
	struct own *o;

	HASH_FIND_PTR(a->own, &json, o);
	if (o != NULL)
		return json;
	o = mem_zalloc(sizeof(*o));
	o->json = json_copy(json);
	HASH_ADD_PTR(a->own, json, o);
	json_decref(json);
	return (json_t *)o->json;
}

/* An item is only ever gone through by its name. Returns its index; the list's size: none. */
static size_t find_item(const json_t *list, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (item_is_named(item, key))
			break;
	return i;
}

/* What the way (without its last step) leads to, ours to change; NULL: there is no such place. */
static json_t *open_container(struct applying *a, const json_t *at)
{
	size_t i, index, steps = json_array_size(at) - 1;
	json_t *here, *next;

	a->document = here = owned(a, a->document);
	for (i = 0; i < steps; i++) {
		const char *step = json_string_value(json_array_get(at, i));

		index = json_is_array(here) ? find_item(here, step) : 0;
		next =
		    json_is_array(here) ? json_array_get(here, index) : json_object_get(here, step);
		if (!json_is_object(next) && !json_is_array(next))
			return NULL;
		next = owned(a, json_incref(next));
		if (json_is_array(here))
			json_array_set(here, index, next);
		else
			json_object_set(here, step, next);
		json_decref(next);
		here = next;
	}
	return here;
}

/* ---- members of objects ---------------------------------------------------------------------- */

static bool same(const json_t *a, const json_t *b)
{
	return a == b || (a != NULL && b != NULL && json_equal(a, b));
}

static const char *last_step(const json_t *entry)
{
	const json_t *at = json_object_get(entry, "at");

	return json_string_value(json_array_get(at, json_array_size(at) - 1));
}

static const char *key_of(const json_t *entry, const char *name)
{
	return json_string_value(json_object_get(entry, name));
}

static void apply_member(struct applying *a, json_t *object, const json_t *entry, size_t index)
{
	const char *name = last_step(entry);
	json_t *was = json_object_get(entry, "was"), *now = json_object_get(entry, "now");
	json_t *here = json_object_get(object, name);

	if (same(here, now))
		return;
	if (!same(here, was))
		refuse(a, index,
		    here == NULL  ? "the file no longer has it"
		    : was == NULL ? "the file has a value of its own there now"
				  : "the file has another value there now");
	else if (now == NULL)
		json_object_del(object, name);
	else
		json_object_set(object, name, now);
}

/* ---- items of lists -------------------------------------------------------------------------- */

enum kind { REMOVES, REPLACES, PLACES };

static enum kind kind_of(const json_t *entry)
{
	if (json_object_get(entry, "was") == NULL)
		return PLACES;
	return json_object_get(entry, "now") == NULL ? REMOVES : REPLACES;
}

static void remove_item(struct applying *a, struct order *order, const json_t *entry, size_t index)
{
	struct order_item *item = order_find(order, last_step(entry));

	if (item == NULL)
		return; /* see explain_missing() */
	if (json_equal(order_json(item), json_object_get(entry, "was")))
		order_remove(item);
	else
		refuse(a, index, "the file has changed what was removed");
}

/* A removed item that was not there: gone if its neighbours stand side by side, else changed. */
static void explain_missing(
    struct applying *a, struct order *order, const json_t *entry, size_t index)
{
	const char *key = last_step(entry);

	if (!order_had(order, key) && key[0] != '@' &&
	    !order_adjacent(order, key_of(entry, "after"), key_of(entry, "before")))
		refuse(a, index, "the file no longer has, or has changed, what was removed");
}

static void replace_item(struct applying *a, struct order *order, const json_t *entry, size_t index)
{
	struct order_item *item = order_find(order, last_step(entry));
	const char *as = key_of(entry, "as");

	if (as == NULL)
		refuse(a, index, "the entry is malformed");
	else if (order_find(order, as) != NULL) {
		if (item != NULL)
			refuse(a, index, "the file has both the old value and the new one now");
	} else if (item == NULL)
		refuse(a, index, "the file no longer has, or has changed, what was replaced");
	else
		order_replace(order, item, as, json_object_get(entry, "now"));
}

/* Where something goes: behind *at. false: neither neighbour is there. */
static bool find_place(const struct order *order, const json_t *entry, struct order_item **at)
{
	const char *after = key_of(entry, "after"), *before = key_of(entry, "before");
	struct order_item *next = before != NULL ? order_find(order, before) : NULL;

	*at = after != NULL ? order_find(order, after) : NULL;
	if (after == NULL || *at != NULL)
		return true;
	if (next != NULL)
		*at = order_previous(order, next);
	else
		*at = order_last(order);
	return next != NULL || before == NULL;
}

static void add_item(struct applying *a, struct order *order, const json_t *entry, size_t index)
{
	json_t *now = json_object_get(entry, "now");
	struct order_item *there = order_find(order, last_step(entry)), *at;

	if (there != NULL) {
		if (!json_equal(order_json(there), now))
			refuse(a, index, "the file has one of its own with that @id now");
		return;
	}
	/* The order of mere texts (addresses) means nothing. */
	if (!find_place(order, entry, &at) && json_is_object(now))
		refuse(a, index, "the file no longer has either of its neighbours");
	else
		order_insert(order, at, last_step(entry), now);
}

static void move_item(struct applying *a, struct order *order, const json_t *entry, size_t index)
{
	struct order_item *item = order_find(order, last_step(entry)), *at;

	if (item == NULL)
		refuse(a, index, "the file no longer has, or has changed, what was moved");
	else if (order_is_between(item, key_of(entry, "after"), key_of(entry, "before")))
		return;
	else if (!order_was_beside(item, key_of(entry, "was_after"), key_of(entry, "was_before")))
		refuse(a, index, "the file has another order there now");
	else if (!find_place(order, entry, &at))
		refuse(a, index, "the file no longer has either of its new neighbours");
	else
		order_move(order, at, item);
}

static void place_item(struct applying *a, struct order *order, const json_t *entry, size_t index)
{
	if (json_object_get(entry, "now") != NULL)
		add_item(a, order, entry, index);
	else
		move_item(a, order, entry, index);
}

/* Entries first to end - 1 are all of this list. What goes makes room before anything is put in. */
static void apply_items(
    struct applying *a, json_t *list, const json_t *entries, size_t first, size_t end)
{
	static const struct {
		enum kind kind;
		void (*run)(
		    struct applying *a, struct order *order, const json_t *entry, size_t index);
	} rounds[] = {
	    {REMOVES, remove_item},
	    {REMOVES, explain_missing},
	    {REPLACES, replace_item},
	    {PLACES, place_item},
	};
	struct order *order = order_open(list);
	size_t round, i;

	for (round = 0; round < sizeof(rounds) / sizeof(rounds[0]); round++)
		for (i = first; i < end; i++)
			if (kind_of(json_array_get(entries, i)) == rounds[round].kind)
				rounds[round].run(a, order, json_array_get(entries, i), i);
	order_close(order);
}

/* ---- all ------------------------------------------------------------------------------------ */

static bool is_well_formed(const json_t *entry)
{
	json_t *at = json_object_get(entry, "at"), *step;
	size_t i;

	json_array_foreach (at, i, step)
		if (!json_is_string(step))
			return false;
	return json_array_size(at) > 0 && json_array_size(at) <= 2 * JSON_DEPTH_MAX;
}

/* Does it end at an item of a list, not at a member? These alone tell of neighbours. */
static bool is_item(const json_t *entry)
{
	return json_object_get(entry, "after") != NULL || json_object_get(entry, "as") != NULL;
}

static bool same_container(const json_t *a, const json_t *b)
{
	const json_t *x = json_object_get(a, "at"), *y = json_object_get(b, "at");
	size_t i, n = json_array_size(x);

	if (n != json_array_size(y) || !is_well_formed(b) || !is_item(b))
		return false;
	for (i = 0; i + 1 < n; i++)
		if (!json_equal(json_array_get(x, i), json_array_get(y, i)))
			return false;
	return true;
}

/* Returns the entry to go on with. */
static size_t apply_from(struct applying *a, const json_t *entries, size_t first)
{
	const json_t *entry = json_array_get(entries, first);
	size_t end = first + 1;
	json_t *container;

	if (!is_well_formed(entry)) {
		refuse(a, first, "the entry is malformed");
		return end;
	}
	container = open_container(a, json_object_get(entry, "at"));
	if (container == NULL || json_is_array(container) != is_item(entry)) {
		if (json_object_get(entry, "now") != NULL || json_object_get(entry, "was") == NULL)
			refuse(a, first, "the file no longer has what is around it");
	} else if (json_is_object(container)) {
		apply_member(a, container, entry, first);
	} else {
		while (end < json_array_size(entries) &&
		       same_container(entry, json_array_get(entries, end)))
			end++;
		apply_items(a, container, entries, first, end);
	}
	return end;
}

json_t *patch_apply(json_t *document, const json_t *entries,
    void (*refused)(void *arg, size_t index, const char *why), void *arg)
{
	struct applying a = {.document = json_incref(document), .refused = refused, .arg = arg};
	struct own *o, *next;
	size_t i = 0;

	while (i < json_array_size(entries))
		i = apply_from(&a, entries, i);
	HASH_ITER (hh, a.own, o, next) {
		HASH_DEL(a.own, o);
		free(o);
	}
	return a.document;
}

const char *patch_path(const json_t *entry, char *out, size_t size)
{
	json_t *at = json_object_get(entry, "at"), *step;
	size_t i, used = 0;
	bool item;

	out[0] = '\0';
	json_array_foreach (at, i, step) {
		const char *text = json_string_value(step);

		if (text == NULL || used >= size)
			break;
		/* The way goes through items by their names alone. */
		item = i + 1 < json_array_size(at) ? text[0] == '@' : is_item(entry);
		if (!item)
			used += (size_t)snprintf(
			    out + used, size - used, "%s%s", i > 0 ? "." : "", text);
		else if (text[0] == '@')
			used += (size_t)snprintf(out + used, size - used, "[%s]", text);
		else
			used +=
			    (size_t)snprintf(out + used, size - used, "[%.*s]", KEY_SHOWN, text);
	}
	if (used >= size)
		out[pack_text_cut(span_str(out), size - 1)] = '\0';
	return out;
}
