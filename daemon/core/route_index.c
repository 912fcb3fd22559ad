/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/route_index.h"

#include "daemon/core/route.h"

/* The matcher type by whose keys alone the route is taken. */
static const void *keyed_by(const void *list, size_t i, struct strings *keys)
{
	struct route *const *routes = list;
	const struct matcher_set *set = routes[i]->match.items;

	if (routes[i]->match.count != 1 || set->count != 1 || set->items[0].type->keys == NULL ||
	    !set->items[0].type->keys(set->items[0].params, keys))
		return NULL;
	return set->items[0].type;
}

struct key_runs *route_index_new(struct arena *arena, struct route *const *routes, size_t count)
{
	return key_runs_new(arena, routes, count, keyed_by);
}

size_t route_index_skip(
    const struct key_runs *index, size_t i, struct match_input *in, bool *undecided)
{
	const struct matcher_type *type;
	const struct key_run *run;
	struct span key;
	size_t next;

	while ((run = key_runs_at(index, i)) != NULL) {
		type = run->kind;
		switch (type->key(in, &key)) {
		case MATCH_YES:
			next = key_run_find(run, i, key);
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
