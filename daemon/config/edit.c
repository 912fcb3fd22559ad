/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/edit.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/config/edit_way.h"

#define SERVERS_NAMED 256 /* that are looked at for "did you mean" */

/* A value that this edit has made, and may therefore change. */
struct own {
	json_t *json;         /* a reference: no other value may get its address */
	const json_t *origin; /* what it was copied from */
	UT_hash_handle hh;
};

struct edit {
	const struct instance *base;
	json_t *document;
	json_t *added; /* a reference */
	struct own *own;
};

struct edit *edit_new(const struct instance *base)
{
	struct edit *e = mem_zalloc(sizeof(*e));

	e->base = base;
	e->document = json_incref(base->document);
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
	json_decref(e->added);
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

/* ---- finding -------------------------------------------------------------------------------- */

const char *edit_id(const json_t *object)
{
	return json_string_value(json_object_get(object, "@id"));
}

void way_servers(struct edit *e, struct way *way)
{
	way->count = 0;
	way->value = e->document;
	way_key(way, "apps");
	way_key(way, "layer4");
	way_key(way, "servers");
}

int way_server(struct edit *e, const char *name, struct way *way, struct error *err)
{
	const char *names[SERVERS_NAMED + 1], *near, *server;
	json_t *servers, *value;
	size_t count = 0;

	way_servers(e, way);
	servers = way->value;
	way_key(way, name);
	if (way->value != NULL)
		return 0;
	json_object_foreach (servers, server, value)
		if (count < SERVERS_NAMED)
			names[count++] = server;
	names[count] = NULL;
	near = error_suggest(name, names);
	if (near != NULL)
		return error_set(
		    err, ERROR_NOT_FOUND, "no server '%s', did you mean '%s'?", name, near);
	return error_set(err, ERROR_NOT_FOUND, "no server '%s'", name);
}

/* Where the route with that handle ("#12") is in base: its server, and its index there; or NULL. */
static const struct server *by_handle(const struct edit *e, const char *name, size_t *index)
{
	char *end;
	uint64_t handle = strtoull(name + 1, &end, 10);
	size_t i;

	for (i = 0; *end == '\0' && i < e->base->server_count; i++) {
		const struct server *server = e->base->servers[i];

		for (*index = 0; *index < server->routes.count; ++*index)
			if (server->routes.items[*index]->identity->handle == handle)
				return server;
	}
	return NULL;
}

/* What a route is looked for by. */
struct wanted {
	const struct edit *edit;
	const char *id;       /* "@id", or NULL */
	const json_t *origin; /* its JSON in base, where it is looked for by handle */
};

static bool is_wanted(const struct wanted *w, const json_t *route)
{
	const char *id;

	if (w->origin != NULL)
		return edit_origin(w->edit, route) == w->origin;
	id = edit_id(route);
	return id != NULL && strcmp(id, w->id) == 0;
}

/* Looks through a list of routes and what is nested in them. way is at the list. */
static bool search_routes(const struct wanted *w, struct way *way)
{
	json_t *list = way->value;
	size_t depth = way->count, i, j;

	for (i = 0; i < json_array_size(list); i++) {
		json_t *route, *handle;
		size_t inside;

		way_index(way, i);
		route = way->value;
		if (is_wanted(w, route))
			return true;
		inside = way->count;
		handle = json_object_get(route, "handle");
		for (j = 0; w->origin == NULL && j < json_array_size(handle); j++) {
			if (!json_is_array(json_object_get(json_array_get(handle, j), "routes")))
				continue;
			way_key(way, "handle");
			way_index(way, j);
			way_key(way, "routes");
			if (search_routes(w, way))
				return true;
			way_pop(way, inside, route);
		}
		way_pop(way, depth, list);
	}
	return false;
}

bool way_find_route(struct edit *e, const char *name, struct way *way)
{
	struct wanted w = {.edit = e, .id = name};
	const struct server *owner;
	const char *server;
	json_t *servers, *value;
	size_t index;

	if (name[0] == '#') {
		owner = by_handle(e, name, &index);
		if (owner == NULL)
			return false;
		w.origin = json_array_get(instance_routes_json(e->base, owner->name), index);
		if (w.origin == NULL)
			return false;
	}
	way_servers(e, way);
	servers = way->value;
	json_object_foreach (servers, server, value) {
		way_servers(e, way);
		way_key(way, server);
		way_key(way, "routes");
		if (search_routes(&w, way))
			return true;
	}
	return false;
}

/* The "@id" of a route of a server's own list that is nearest to name; NULL: none is near. */
static const char *near_route(struct edit *e, const char *name)
{
	const char *none[] = {NULL}, **names = NULL, *server, *near;
	json_t *value, *route;
	size_t i, count = 0, size = 0;
	struct way way;

	way_servers(e, &way);
	json_object_foreach (way.value, server, value) {
		json_array_foreach (json_object_get(value, "routes"), i, route) {
			if (edit_id(route) == NULL)
				continue;
			if (count + 1 >= size) {
				size = size == 0 ? 64 : 2 * size;
				names = mem_realloc(names, size * sizeof(*names));
			}
			names[count++] = edit_id(route);
		}
	}
	if (names != NULL)
		names[count] = NULL;
	near = error_suggest(name, names != NULL ? names : none);
	free(names);
	return near;
}

int way_route(struct edit *e, const char *name, struct way *way, struct error *err)
{
	const struct server *owner = NULL;
	const char *near;
	size_t index;

	if (way_find_route(e, name, way))
		return 0;
	if (name[0] == '#')
		owner = by_handle(e, name, &index);
	if (owner != NULL && instance_routes_json(e->base, owner->name) == NULL)
		return error_set(err, ERROR_INVALID,
		    "route '%s' stands for the whole of '%s'; change that in the document", name,
		    owner->name);
	if (name[0] != '\0' && strspn(name, "0123456789") == strlen(name))
		return error_set(
		    err, ERROR_NOT_FOUND, "no route '%s'; a handle is written '#%s'", name, name);
	near = near_route(e, name);
	if (near != NULL)
		return error_set(
		    err, ERROR_NOT_FOUND, "no route '%s', did you mean '%s'?", name, near);
	return error_set(err, ERROR_NOT_FOUND, "no route '%s'", name);
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

void edit_set_added(struct edit *e, json_t *route)
{
	json_decref(e->added);
	e->added = json_incref(route);
}

json_t *edit_added(const struct edit *e)
{
	return e->added;
}

json_t *edit_base_document(const struct edit *e)
{
	return e->base->document;
}
