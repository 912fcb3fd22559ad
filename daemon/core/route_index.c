/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/route_index.h"

#include <ctype.h>
#include <string.h>
#include <uthash.h>

#include "daemon/core/route.h"

#define KEY_MAX 256 /* longer keys of a connection match nothing: names have 253 characters */

/* The positions of the routes that ask for a key, ascending. */
struct entry {
	const char *key; /* lower case */
	size_t *positions;
	size_t count;
	UT_hash_handle hh;
};

/* Routes in a row, all of one matcher type and with keys alone. */
struct run {
	size_t first, end;
	const struct matcher_type *type;
	struct entry *entries;
};

struct route_index {
	struct run *runs;
	size_t count;
};

/* The type by whose keys alone the route is taken; NULL: it asks something else. */
static const struct matcher_type *keyed_by(const struct route *route, struct strings *keys)
{
	const struct matcher_set *set = route->match.items;

	if (route->match.count != 1 || set->count != 1 || set->items[0].type->keys == NULL ||
	    !set->items[0].type->keys(set->items[0].params, keys))
		return NULL;
	return set->items[0].type;
}

static size_t run_end(struct route *const *routes, size_t first, size_t count)
{
	struct strings keys;
	const struct matcher_type *type = keyed_by(routes[first], &keys);
	size_t end = first;

	while (end < count && type != NULL && keyed_by(routes[end], &keys) == type)
		end++;
	return end;
}

static void add_key(struct arena *arena, struct run *run, const char *key, size_t position)
{
	struct entry *e;
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
	struct run *run = object;

	HASH_CLEAR(hh, run->entries);
}

static void fill_run(struct arena *arena, struct run *run, struct route *const *routes)
{
	struct strings keys;
	size_t i, j;

	run->type = keyed_by(routes[run->first], &keys);
	for (i = run->first; i < run->end; i++) {
		keyed_by(routes[i], &keys);
		for (j = 0; j < keys.count; j++)
			add_key(arena, run, keys.items[j], i);
	}
	arena_release(arena, release_run, run);
}

struct route_index *route_index_new(struct arena *arena, struct route *const *routes, size_t count)
{
	struct route_index *index;
	size_t i, end, runs = 0;

	for (i = 0; i<count; i = end> i ? end : i + 1) {
		end = run_end(routes, i, count);
		runs += end - i >= ROUTE_INDEX_RUN_MIN;
	}
	if (runs == 0)
		return NULL;
	index = arena_alloc(arena, sizeof(*index));
	index->runs = arena_array(arena, runs, sizeof(*index->runs));
	for (i = 0; i<count; i = end> i ? end : i + 1) {
		end = run_end(routes, i, count);
		if (end - i < ROUTE_INDEX_RUN_MIN)
			continue;
		index->runs[index->count].first = i;
		index->runs[index->count].end = end;
		fill_run(arena, &index->runs[index->count++], routes);
	}
	return index;
}

/* ---- looking up ----------------------------------------------------------------------------- */

static const struct run *run_at(const struct route_index *index, size_t i)
{
	size_t r;

	for (r = 0; r < index->count; r++)
		if (i >= index->runs[r].first && i < index->runs[r].end)
			return &index->runs[r];
	return NULL;
}

/* The first position from i on that has the key, or the run's end. */
static size_t look_up(const struct run *run, size_t i, struct span key)
{
	char lower[KEY_MAX];
	struct entry *e;
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

size_t route_index_skip(
    const struct route_index *index, size_t i, struct match_input *in, bool *undecided)
{
	const struct run *run;
	struct span key;
	size_t next;

	while ((run = run_at(index, i)) != NULL) {
		switch (run->type->key(in, &key)) {
		case MATCH_YES:
			next = look_up(run, i, key);
			if (next < run->end)
				return next;
			break;
		case MATCH_MORE:
			*undecided = *undecided || in->phase == MATCH_LIVE;
			break;
		case MATCH_NO:
			break;
		}
		i = run->end;
	}
	return i;
}
