/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/key_runs.h"

#include <ctype.h>
#include <string.h>
#include <uthash.h>

#define KEY_MAX 256 /* longer keys match nothing: names have 253 characters */

/* The positions of the items that ask for a key, ascending. */
struct key_entry {
	const char *key; /* lower case */
	size_t *positions;
	size_t count;
	UT_hash_handle hh;
};

struct key_runs {
	struct key_run *items;
	size_t count;
};

static size_t run_end(const void *list, size_t first, size_t count, key_runs_kind *kind_of)
{
	struct strings keys;
	const void *kind = kind_of(list, first, &keys);
	size_t end = first;

	while (end < count && kind != NULL && kind_of(list, end, &keys) == kind)
		end++;
	return end;
}

static void add_key(struct arena *arena, struct key_run *run, const char *key, size_t position)
{
	struct key_entry *e;
	char *lower = arena_strdup(arena, key);
	size_t *more;
	size_t i;

	for (i = 0; lower[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)lower[i]);
	HASH_FIND_STR(run->entries, lower, e);
	if (e == NULL) {
		e = arena_alloc(arena, sizeof(*e));
		e->key = lower;
		HASH_ADD_KEYPTR(hh, run->entries, e->key, i, e);
	} else if (e->positions[e->count - 1] == position) {
		return;
	}
	if ((e->count & (e->count + 1)) == 0) { /* room for 1, 3, 7, ... */
		more = arena_array(arena, 2 * e->count + 1, sizeof(*more));
		if (e->count > 0)
			memcpy(more, e->positions, e->count * sizeof(*more));
		e->positions = more;
	}
	e->positions[e->count++] = position;
}

static void release_run(void *object)
{
	struct key_run *run = object;

	HASH_CLEAR(hh, run->entries);
}

static void fill_run(
    struct arena *arena, struct key_run *run, const void *list, key_runs_kind *kind_of)
{
	struct strings keys;
	size_t i, j;

	for (i = run->first; i < run->end; i++) {
		run->kind = kind_of(list, i, &keys);
		for (j = 0; j < keys.count; j++)
			add_key(arena, run, keys.items[j], i);
	}
	arena_release(arena, release_run, run);
}

/* Those from first on; with out NULL they are only counted. */
static size_t each_run(const void *list, size_t count, key_runs_kind *kind_of, struct key_run *out)
{
	size_t i, end, runs = 0;

	for (i = 0; i < count; i = end) {
		end = run_end(list, i, count, kind_of);
		if (end - i >= KEY_RUN_MIN) {
			if (out != NULL)
				out[runs] = (struct key_run){.first = i, .end = end};
			runs++;
		}
		if (end == i)
			end++;
	}
	return runs;
}

struct key_runs *key_runs_new(
    struct arena *arena, const void *list, size_t count, key_runs_kind *kind_of)
{
	size_t i, found = each_run(list, count, kind_of, NULL);
	struct key_runs *runs;

	if (found == 0)
		return NULL;
	runs = arena_alloc(arena, sizeof(*runs));
	runs->items = arena_array(arena, found, sizeof(*runs->items));
	runs->count = each_run(list, count, kind_of, runs->items);
	for (i = 0; i < runs->count; i++)
		fill_run(arena, &runs->items[i], list, kind_of);
	return runs;
}

const struct key_run *key_runs_at(const struct key_runs *runs, size_t i)
{
	size_t r;

	for (r = 0; r < runs->count; r++)
		if (i >= runs->items[r].first && i < runs->items[r].end)
			return &runs->items[r];
	return NULL;
}

size_t key_run_find(const struct key_run *run, size_t i, struct span key)
{
	char lower[KEY_MAX];
	struct key_entry *e;
	size_t n;

	if (key.n >= sizeof(lower))
		return run->end;
	for (n = 0; n < key.n; n++)
		lower[n] = (char)tolower(key.p[n]);
	HASH_FIND(hh, run->entries, lower, key.n, e);
	for (n = 0; e != NULL && n < e->count; n++)
		if (e->positions[n] >= i)
			return e->positions[n];
	return run->end;
}
