/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/edit.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/config/edit_way.h"
#include "daemon/config/holder.h"

/* A value that this edit has made, and may therefore change. */
struct own {
	json_t *json;         /* a reference: no other value may get its address */
	const json_t *origin; /* what it was copied from */
	UT_hash_handle hh;
};

struct edit {
	const struct instance *base;
	json_t *document;
	json_t *touched; /* a reference */
	struct own *own;
	struct route_search *routes;
};

struct edit *edit_new(const struct instance *base)
{
	struct edit *e = mem_zalloc(sizeof(*e));

	e->base = base;
	e->document = json_incref(base->document);
	e->routes = route_search_new();
	return e;
}

void edit_free(struct edit *e)
{
	struct own *o, *next;

	HASH_ITER (hh, e->own, o, next) {
		HASH_DEL(e->own, o);
		json_decref(o->json);
		free(o);
	}
	route_search_free(e->routes);
	json_decref(e->touched);
	json_decref(e->document);
	free(e);
}

json_t *edit_document(struct edit *e)
{
	return e->document;
}

static struct own *find_own(const struct edit *e, const json_t *json)
{
	struct own *o;

	HASH_FIND_PTR(e->own, &json, o);
	return o;
}

const json_t *edit_origin(const struct edit *e, const json_t *json)
{
	const struct own *o = find_own(e, json);

	return o != NULL ? o->origin : json;
}

/* Two alike may have changed places: then they are not where they were. */
static bool same_routes(const struct edit *e, const json_t *before, const json_t *after)
{
	json_t *route;
	size_t i;

	json_array_foreach ((json_t *)after, i, route)
		if (edit_origin(e, route) != json_array_get(before, i))
			return false;
	return true;
}

bool edit_is_unchanged(struct edit *e)
{
	struct holders before, after;

	if (!json_equal(e->base->document, e->document))
		return false;
	holders_start(&before, e->base->document);
	holders_start(&after, e->document);
	while (holders_next(&before) && holders_next(&after))
		if (!same_routes(e, json_object_get(before.way.value, "routes"),
			json_object_get(after.way.value, "routes")))
			return false;
	return true;
}

/* ---- copy on write -------------------------------------------------------------------------- */

/* A value that may be changed: json itself if this edit has made it, else a shallow copy. */
static json_t *owned(struct edit *e, json_t *json)
{
	struct own *o = find_own(e, json);

	if (o != NULL)
		return json_incref(json);
	o = mem_zalloc(sizeof(*o));
	o->origin = json;
	o->json = json_copy(json);
	HASH_ADD_PTR(e->own, json, o);
	return json_incref(o->json);
}

static json_t *child(json_t *parent, const struct step *step)
{
	return step->key != NULL ? json_object_get(parent, step->key)
				 : json_array_get(parent, step->index);
}

static void set_child(json_t *parent, const struct step *step, json_t *value)
{
	if (step->key != NULL)
		json_object_set_new(parent, step->key, value);
	else
		json_array_set_new(parent, step->index, value);
}

json_t *way_open(struct edit *e, struct way *way)
{
	json_t *at, *root = owned(e, e->document);
	size_t i;

	json_decref(e->document);
	e->document = root;
	at = root;
	for (i = 0; i < way->count; i++) {
		json_t *next = owned(e, child(at, &way->steps[i]));

		set_child(at, &way->steps[i], next);
		at = next;
	}
	way->value = at;
	return at;
}

void way_key(struct way *way, const char *key)
{
	way->steps[way->count++] = (struct step){.key = key};
	way->value = json_object_get(way->value, key);
}

void way_index(struct way *way, size_t index)
{
	way->steps[way->count++] = (struct step){.index = index};
	way->value = json_array_get(way->value, index);
}

void way_pop(struct way *way, size_t count, json_t *value)
{
	way->count = count;
	way->value = value;
}

static bool same_step(const struct step *a, const struct step *b)
{
	if (a->key == NULL || b->key == NULL)
		return a->key == b->key && a->index == b->index;
	return strcmp(a->key, b->key) == 0;
}

bool way_begins(const struct way *way, const struct way *start)
{
	size_t i;

	for (i = 0; i < start->count && i < way->count; i++)
		if (!same_step(&way->steps[i], &start->steps[i]))
			return false;
	return i == start->count;
}

/* Objects and lists in one another, value counted. */
static size_t depth_of(const json_t *value)
{
	size_t deepest = 0, depth, i;
	const char *key;
	json_t *member;

	if (!json_is_object(value) && !json_is_array(value))
		return 0;
	json_object_foreach ((json_t *)value, key, member) {
		depth = depth_of(member);
		deepest = depth > deepest ? depth : deepest;
	}
	json_array_foreach (value, i, member) {
		depth = depth_of(member);
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest + 1;
}

int way_fits(const struct way *way, const json_t *value, struct error *err)
{
	if (way->count + 1 + depth_of(value) <= JSON_DEPTH_MAX)
		return 0;
	return error_set(err, ERROR_LIMIT,
	    "the document would be nested more than %d levels deep; write it flatter",
	    JSON_DEPTH_MAX);
}

size_t way_to_list(struct edit *e, struct way *way)
{
	size_t index = way->steps[--way->count].index, i;
	json_t *at = e->document;

	for (i = 0; i < way->count; i++)
		at = child(at, &way->steps[i]);
	way->value = at;
	return index;
}

void edit_set_origin(struct edit *e, json_t *json, const json_t *origin)
{
	struct own *o = find_own(e, json);

	if (o == NULL) {
		o = mem_zalloc(sizeof(*o));
		o->json = json_incref(json);
		HASH_ADD_PTR(e->own, json, o);
	}
	o->origin = origin;
}

void edit_set_touched(struct edit *e, json_t *route)
{
	json_decref(e->touched);
	e->touched = json_incref(route);
}

json_t *edit_take_touched(struct edit *e)
{
	json_t *touched = e->touched;

	e->touched = NULL;
	return touched;
}

struct route_search *edit_route_search(struct edit *e)
{
	return e->routes;
}

const struct instance *edit_base(const struct edit *e)
{
	return e->base;
}

json_t *edit_base_document(const struct edit *e)
{
	return e->base->document;
}
