/* SPDX-License-Identifier: BSD-2-Clause */
/* Two documents -> entries. */
#include <config.h>

#include "daemon/config/patch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/core/item_key.h"

#define NONE SIZE_MAX

struct making {
	json_t *entries;
	json_t *at; /* the way to what is being compared: a list of texts */
};

static void step_in(struct making *m, const char *step)
{
	json_array_append_new(m->at, json_string(step));
}

static void step_out(struct making *m)
{
	json_array_remove(m->at, json_array_size(m->at) - 1);
}

/* was, now NULL: none. */
static json_t *emit(struct making *m, json_t *was, json_t *now)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "at", json_copy(m->at));
	if (was != NULL)
		json_object_set(entry, "was", was);
	if (now != NULL)
		json_object_set(entry, "now", now);
	json_array_append_new(m->entries, entry);
	return entry;
}

static void set_key(json_t *entry, const char *name, const char *key)
{
	json_object_set_new(entry, name, key != NULL ? json_string(key) : json_null());
}

static void compare(struct making *m, json_t *before, json_t *after);

static void compare_objects(struct making *m, json_t *before, json_t *after)
{
	const char *key;
	json_t *value;

	json_object_foreach (before, key, value) {
		step_in(m, key);
		compare(m, value, json_object_get(after, key));
		step_out(m);
	}
	json_object_foreach (after, key, value) {
		if (json_object_get(before, key) != NULL)
			continue;
		step_in(m, key);
		emit(m, NULL, value);
		step_out(m);
	}
}

/* ---- lists ---------------------------------------------------------------------------------- */

/* One of the two lists. */
struct side {
	json_t *list;
	struct item_keys keys;
	size_t *twin; /* the same item's place in the other list; NONE */
	bool *stays;  /* it has a twin, and keeps its order among those that do */
	size_t *pair; /* without a twin: the place of what replaces it, or of what it replaces */
};

struct key_entry {
	const char *key;
	size_t index;
	UT_hash_handle hh;
};

static void side_init(struct side *s, json_t *list)
{
	size_t i, n = json_array_size(list);

	s->list = list;
	item_keys_make(&s->keys, list);
	s->twin = mem_alloc((n + 1) * sizeof(*s->twin));
	s->stays = mem_zalloc((n + 1) * sizeof(*s->stays));
	s->pair = mem_alloc((n + 1) * sizeof(*s->pair));
	for (i = 0; i < n; i++)
		s->twin[i] = s->pair[i] = NONE;
}

static void side_fini(struct side *s)
{
	item_keys_fini(&s->keys);
	free(s->twin);
	free(s->stays);
	free(s->pair);
}

static void find_twins(struct side *old, struct side *new)
{
	struct key_entry *entries = mem_zalloc((old->keys.count + 1) * sizeof(*entries));
	struct key_entry *table = NULL, *e;
	size_t i;

	for (i = 0; i < old->keys.count; i++) {
		e = &entries[i];
		e->key = old->keys.items[i];
		e->index = i;
		HASH_ADD_KEYPTR(hh, table, e->key, strlen(e->key), e);
	}
	for (i = 0; i < new->keys.count; i++) {
		HASH_FIND_STR(table, new->keys.items[i], e);
		if (e == NULL)
			continue;
		new->twin[i] = e->index;
		old->twin[e->index] = i;
	}
	HASH_CLEAR(hh, table);
	free(entries);
}

/* The longest run of twins that have the same order in both lists stays; the others are moved. */
static void find_staying(struct side *old, struct side *new)
{
	size_t n = new->keys.count, longest = 0, i;
	size_t *tails = mem_alloc((n + 1) * sizeof(*tails)); /* of runs by their length */
	size_t *link = mem_alloc((n + 1) * sizeof(*link));   /* the one before it in its run */

	for (i = 0; i < n; i++) {
		size_t low = 0, high = longest;

		if (new->twin[i] == NONE)
			continue;
		while (low < high) {
			size_t middle = (low + high) / 2;

			if (new->twin[tails[middle]] < new->twin[i])
				low = middle + 1;
			else
				high = middle;
		}
		link[i] = low > 0 ? tails[low - 1] : NONE;
		tails[low] = i;
		if (low == longest)
			longest++;
	}
	for (i = longest > 0 ? tails[longest - 1] : NONE; i != NONE; i = link[i])
		new->stays[i] = old->stays[new->twin[i]] = true;
	free(tails);
	free(link);
}

static bool is_anonymous(const struct side *s, size_t i)
{
	return s->twin[i] == NONE && s->keys.items[i][0] != '@';
}

/* What went and what came between the same neighbours: one in the place of the other, in turn. */
static void find_pairs(struct side *old, struct side *new)
{
	size_t i = 0, j = 0;

	while (i < old->keys.count && j < new->keys.count) {
		if (old->stays[i] && new->stays[j]) {
			i++;
			j++;
		} else if (!old->stays[i] && !is_anonymous(old, i)) {
			i++;
		} else if (!new->stays[j] && !is_anonymous(new, j)) {
			j++;
		} else if (old->stays[i]) {
			j++;
		} else if (new->stays[j]) {
			i++;
		} else {
			old->pair[i] = j;
			new->pair[j] = i;
			i++;
			j++;
		}
	}
}

static bool goes(const struct side *old, size_t i)
{
	return old->twin[i] == NONE && old->pair[i] == NONE;
}

/* The key of the item before (step -1) or after i that does not go; NULL: the list's end. */
static const char *remaining(const struct side *old, size_t i, int step)
{
	for (i += (size_t)step; i < old->keys.count; i += (size_t)step)
		if (!goes(old, i))
			return old->keys.items[i];
	return NULL;
}

static const char *key_at(const struct side *s, size_t i)
{
	return i < s->keys.count ? s->keys.items[i] : NULL;
}

static void emit_gone(struct making *m, const struct side *old, const struct side *new)
{
	json_t *entry;
	size_t i;

	for (i = 0; i < old->keys.count; i++) {
		if (old->twin[i] != NONE)
			continue;
		step_in(m, old->keys.items[i]);
		if (goes(old, i)) {
			entry = emit(m, json_array_get(old->list, i), NULL);
			set_key(entry, "after", remaining(old, i, -1));
			set_key(entry, "before", remaining(old, i, 1));
		} else {
			entry = emit(m, json_array_get(old->list, i),
			    json_array_get(new->list, old->pair[i]));
			set_key(entry, "as", new->keys.items[old->pair[i]]);
		}
		step_out(m);
	}
}

/* The first item from i on that is in place before anything is put behind it. */
static const char *next_in_place(const struct side *new, size_t i)
{
	for (; i < new->keys.count; i++)
		if (new->stays[i] || new->pair[i] != NONE)
			return new->keys.items[i];
	return NULL;
}

/* In the order of the new list, so that what is named by "after" is in its place already. */
static void emit_placed(struct making *m, const struct side *old, const struct side *new)
{
	json_t *entry;
	size_t i, was;

	for (i = 0; i < new->keys.count; i++) {
		if (new->stays[i] || new->pair[i] != NONE)
			continue;
		step_in(m, new->keys.items[i]);
		was = new->twin[i];
		entry = emit(m, NULL, was == NONE ? json_array_get(new->list, i) : NULL);
		set_key(entry, "after", key_at(new, i - 1));
		set_key(entry, "before", next_in_place(new, i + 1));
		if (was != NONE) {
			set_key(entry, "was_after", key_at(old, was - 1));
			set_key(entry, "was_before", key_at(old, was + 1));
		}
		step_out(m);
	}
}

static void compare_items(struct making *m, const struct side *old, const struct side *new)
{
	size_t i;

	for (i = 0; i < old->keys.count; i++) {
		if (old->twin[i] == NONE)
			continue;
		step_in(m, old->keys.items[i]);
		compare(m, json_array_get(old->list, i), json_array_get(new->list, old->twin[i]));
		step_out(m);
	}
}

static void compare_lists(struct making *m, json_t *before, json_t *after)
{
	struct side old, new;

	side_init(&old, before);
	side_init(&new, after);
	find_twins(&old, &new);
	find_staying(&old, &new);
	find_pairs(&old, &new);
	compare_items(m, &old, &new);
	emit_gone(m, &old, &new);
	emit_placed(m, &old, &new);
	side_fini(&old);
	side_fini(&new);
}

/* ---- any value ------------------------------------------------------------------------------ */

/* after NULL: it is gone. */
static void compare(struct making *m, json_t *before, json_t *after)
{
	if (after != NULL && json_equal(before, after))
		return;
	if (json_is_object(before) && json_is_object(after))
		compare_objects(m, before, after);
	else if (json_is_array(before) && json_is_array(after))
		compare_lists(m, before, after);
	else
		emit(m, before, after);
}

json_t *patch_make(json_t *before, json_t *after)
{
	struct making m = {.entries = json_array(), .at = json_array()};

	compare(&m, before, after);
	json_decref(m.at);
	return m.entries;
}
