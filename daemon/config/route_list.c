/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/config/route_list.h"

struct entry {
	json_t *route; /* a reference */
	const char *directive;
	size_t position;  /* of the directive in the order */
	const char *path; /* the one path that it matches; NULL: none or several */
	size_t length;    /* of the path without a star at its end */
	bool has_matchers;
};

static size_t position(const struct adaptation *a, const char *directive)
{
	size_t i = 0;

	while (i < a->order_count && strcmp(a->order[i], directive) != 0)
		i++;
	return i;
}

static void measure(struct entry *e)
{
	json_t *sets = json_object_get(e->route, "match");
	json_t *paths = json_object_get(json_array_get(sets, 0), "path");

	e->has_matchers = json_array_size(sets) > 0;
	if (json_array_size(sets) != 1 || json_array_size(paths) != 1)
		return;
	e->path = json_string_value(json_array_get(paths, 0));
	e->length = strlen(e->path);
	if (e->length == 0)
		e->path = NULL;
	else if (e->path[e->length - 1] == '*')
		e->length--;
}

/* The order of directives, then the more specific path, then what has matchers at all. */
static bool before(const void *a, const void *b, void *context)
{
	const struct entry *x = a, *y = b;
	int order;

	(void)context;
	if (x->position != y->position)
		return x->position < y->position;
	if (!x->path || !y->path)
		return x->has_matchers && !y->has_matchers;
	if (x->length != y->length)
		return x->length > y->length;
	order = memcmp(x->path, y->path, x->length);
	if (order != 0)
		return order < 0;
	return strlen(x->path) < strlen(y->path);
}

/* As the reference names them: one name a list for each kind that may need one. */
static void group(struct adaptation *a, struct entry *entries, size_t count)
{
	size_t handles = 0;

	for (size_t i = 0; i < count; i++)
		handles += strcmp(entries[i].directive, "handle") == 0;
	for (size_t i = 0; i < count && handles > 1; i++)
		if (strcmp(entries[i].directive, "handle") == 0)
			json_object_set_new(
			    entries[i].route, "group", json_sprintf("group%u", a->groups));
	a->groups += handles > 1 ? 2 : 1;
}

json_t *route_list_build(struct adaptation *a, const json_t *results, bool sort)
{
	size_t count = json_array_size(results);
	struct entry *entries = mem_zalloc((count + 1) * sizeof *entries);
	json_t *routes = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *result = json_array_get(results, i);
		struct entry *e = &entries[i];

		e->directive = json_string_value(json_object_get(result, "directive"));
		e->route = json_copy(json_object_get(result, "value"));
		e->position = position(a, e->directive);
		measure(e);
	}
	if (sort)
		stable_sort(entries, count, sizeof *entries, before, NULL);
	group(a, entries, count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(routes, entries[i].route);
	free(entries);
	route_list_join(routes);
	return routes;
}

static bool same(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	return (!x && !y) || (x && y && json_equal(x, y));
}

/* Adds the handlers of route to last, which has a list of its own, *own, once it was added to. */
static void add_handlers(json_t *last, json_t **own, const json_t *route)
{
	json_t *handlers = json_object_get(route, "handle");

	if (json_array_size(handlers) == 0)
		return;
	if (!*own) {
		*own = json_array();
		json_array_extend(*own, json_object_get(last, "handle"));
		json_object_set_new(last, "handle", *own);
	}
	json_array_extend(*own, handlers);
}

void route_list_join(json_t *routes)
{
	json_t *joined = json_array(), *route, *last = NULL, *own = NULL;
	size_t i;

	json_array_foreach (routes, i, route) {
		if (last && same(last, route, "match") && same(last, route, "terminal") &&
		    same(last, route, "group")) {
			add_handlers(last, &own, route);
			continue;
		}
		last = json_copy(route);
		own = NULL;
		json_array_append_new(joined, last);
	}
	json_array_clear(routes);
	json_array_extend(routes, joined);
	json_decref(joined);
}
