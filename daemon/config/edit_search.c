/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding routes by name. A short transaction goes through the document each time. A long one, for
 * which that would take a time that grows with its length and that of the lists, remembers where
 * each route was last seen, and begins to look there: others have moved it by no more than their
 * own number.
 */
#include <config.h>

#include "daemon/config/edit_way.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/config/holder.h"

#define SEARCHES_WITHOUT 2  /* an index costs about as much as two searches */
#define SERVER_STEP 3       /* of a way to a holder: the server's name ... */
#define LIST_STEP_LAYER4 4  /* ... and the step behind the holder: "routes" */
#define LIST_STEP_WRAPPER 6 /* apps, http, servers, NAME, listener_wrappers, N, routes */
#define HANDLE_TEXT_MAX 24

/* A list of top-level routes. */
struct list_place {
	const char *app, *server;
	bool wrapped;
	size_t wrapper; /* index among listener_wrappers */
};

/* Where a route was last seen. One that is nested is where the top-level route around it is. */
struct route_seen {
	const char *name;
	struct list_place list;
	size_t index;
	const json_t *origin; /* of one that is named by its handle, else NULL */
	bool several;         /* of one name, until the loader refuses that */
	UT_hash_handle hh;
};

struct route_search {
	struct arena *arena;        /* NULL: there is nothing in it yet */
	struct route_seen *by_name; /* all that there are, and perhaps some more */
	unsigned searches;          /* that went through the document */
};

/* What a route is looked for by. */
struct wanted {
	const struct edit *edit;
	const char *id;       /* "@id", or NULL */
	const json_t *origin; /* its JSON in base, where it is looked for by handle */
};

/* ---- searching ------------------------------------------------------------------------------ */

static bool is_wanted(const struct wanted *w, const json_t *route)
{
	const char *id;

	if (w->origin != NULL)
		return edit_origin(w->edit, route) == w->origin;
	id = edit_id(route);
	return id != NULL && strcmp(id, w->id) == 0;
}

static bool search_routes(const struct wanted *w, struct way *way);

/* Looks at a route of the list that way is at, and at what is nested in it. */
static bool search_route(const struct wanted *w, struct way *way, size_t index)
{
	json_t *list = way->value, *route, *handle;
	size_t depth = way->count, inside, i;

	way_index(way, index);
	route = way->value;
	if (is_wanted(w, route))
		return true;
	inside = way->count;
	handle = json_object_get(route, "handle");
	for (i = 0; w->origin == NULL && i < json_array_size(handle); i++) {
		if (!json_is_array(json_object_get(json_array_get(handle, i), "routes")))
			continue;
		way_key(way, "handle");
		way_index(way, i);
		way_key(way, "routes");
		if (search_routes(w, way))
			return true;
		way_pop(way, inside, route);
	}
	way_pop(way, depth, list);
	return false;
}

/* Looks through the list of routes that way is at. */
static bool search_routes(const struct wanted *w, struct way *way)
{
	size_t i, count = json_array_size(way->value);

	for (i = 0; i < count; i++)
		if (search_route(w, way, i))
			return true;
	return false;
}

static bool search_document(struct edit *e, const struct wanted *w, struct way *way)
{
	struct holders h;

	holders_start(&h, edit_document(e));
	while (holders_next(&h)) {
		*way = h.way;
		way_key(way, "routes");
		if (search_routes(w, way))
			return true;
	}
	return false;
}

/* ---- the index ------------------------------------------------------------------------------ */

static struct list_place place_of(const struct way *way)
{
	bool wrapped = strcmp(way->steps[1].key, "http") == 0;

	return (struct list_place){
	    .app = wrapped ? "http" : "layer4",
	    .server = way->steps[SERVER_STEP].key,
	    .wrapped = wrapped,
	    .wrapper = wrapped ? way->steps[LIST_STEP_WRAPPER - 1].index : 0,
	};
}

static void go_to_list(struct edit *e, const struct list_place *place, struct way *way)
{
	way_servers(e, place->app, way);
	way_key(way, place->server);
	if (place->wrapped) {
		way_key(way, "listener_wrappers");
		way_index(way, place->wrapper);
	}
	way_key(way, "routes");
}

static struct route_seen *find_seen(const struct route_search *x, const char *name)
{
	struct route_seen *seen;

	HASH_FIND_STR(x->by_name, name, seen);
	return seen;
}

static struct route_seen *see(
    struct route_search *x, const char *name, const struct list_place *list, size_t index)
{
	struct route_seen *seen = find_seen(x, name);

	if (seen != NULL) {
		seen->several = true;
		return seen;
	}
	seen = arena_alloc(x->arena, sizeof(*seen));
	seen->name = arena_strdup(x->arena, name);
	seen->list = *list;
	seen->index = index;
	HASH_ADD_KEYPTR(hh, x->by_name, seen->name, strlen(seen->name), seen);
	return seen;
}

static void see_route(
    struct route_search *x, json_t *route, const struct list_place *list, size_t index)
{
	json_t *handler, *nested;
	size_t i, j;

	if (edit_id(route) != NULL)
		see(x, edit_id(route), list, index);
	json_array_foreach (json_object_get(route, "handle"), i, handler)
		json_array_foreach (json_object_get(handler, "routes"), j, nested)
			see_route(x, nested, list, index);
}

static void forget_route(struct route_search *x, const json_t *route)
{
	const char *id = edit_id(route);
	struct route_seen *seen = id != NULL ? find_seen(x, id) : NULL;
	json_t *handler, *nested;
	size_t i, j;

	if (seen != NULL && !seen->several)
		HASH_DEL(x->by_name, seen);
	json_array_foreach (json_object_get(route, "handle"), i, handler)
		json_array_foreach (json_object_get(handler, "routes"), j, nested)
			forget_route(x, nested);
}

/* The holder's server has its name from the document, which may go before the index does. */
static struct list_place keep_place(struct route_search *x, const struct way *way)
{
	struct list_place place = place_of(way);

	place.server = arena_strdup(x->arena, place.server);
	return place;
}

static void see_list(struct route_search *x, const struct holders *h)
{
	struct list_place place = keep_place(x, &h->way);
	json_t *route;
	size_t i;

	json_array_foreach (json_object_get(h->way.value, "routes"), i, route)
		see_route(x, route, &place, i);
}

static void see_handles(
    struct route_search *x, const struct route_table *table, const struct holders *h)
{
	struct list_place place = keep_place(x, &h->way);
	char name[HANDLE_TEXT_MAX];
	size_t i;

	for (i = 0; i < table->routes->count; i++) {
		snprintf(
		    name, sizeof(name), "#%" PRIu64, table->routes->items[i]->identity->handle);
		see(x, name, &place, i)->origin = json_array_get(table->json, i);
	}
}

static void fill(struct route_search *x, struct edit *e)
{
	const struct instance *base = edit_base(e);
	struct holders h;
	size_t i;

	x->arena = arena_new(4096);
	holders_start(&h, edit_document(e));
	while (holders_next(&h))
		see_list(x, &h);
	holders_start(&h, edit_base_document(e));
	while (holders_next(&h))
		for (i = 0; i < base->table_count; i++)
			if (base->tables[i]->json != NULL &&
			    base->tables[i]->json == json_object_get(h.way.value, "routes"))
				see_handles(x, base->tables[i], &h);
}

static void empty(struct route_search *x)
{
	if (x->arena == NULL)
		return;
	HASH_CLEAR(hh, x->by_name);
	arena_free(x->arena);
	memset(x, 0, sizeof(*x));
}

struct route_search *route_search_new(void)
{
	return mem_zalloc(sizeof(struct route_search));
}

void route_search_free(struct route_search *x)
{
	empty(x);
	free(x);
}

void edit_route_put(struct edit *e, const struct way *list, size_t index)
{
	struct route_search *x = edit_route_search(e);
	struct list_place place;
	size_t step;

	if (x->arena == NULL)
		return;
	place = keep_place(x, list);
	step = (place.wrapped ? LIST_STEP_WRAPPER : LIST_STEP_LAYER4) + 1;
	see_route(x, json_array_get(list->value, index), &place,
	    list->count > step ? list->steps[step].index : index);
}

void edit_route_taken(struct edit *e, const json_t *route)
{
	struct route_search *x = edit_route_search(e);

	if (x->arena != NULL)
		forget_route(x, route);
}

void edit_routes_taken(struct edit *e)
{
	empty(edit_route_search(e));
}

/* ---- finding -------------------------------------------------------------------------------- */

/* Outwards from where it was seen. */
static bool search_near(
    struct edit *e, const struct wanted *w, struct route_seen *seen, struct way *way)
{
	size_t count, i, found, start;

	go_to_list(e, &seen->list, way);
	count = json_array_size(way->value);
	start = seen->index < count ? seen->index : count;
	for (i = 0; i < count; i++) {
		if (start + i < count && search_route(w, way, found = start + i))
			break;
		if (i < start && search_route(w, way, found = start - 1 - i))
			break;
	}
	if (i == count)
		return false;
	seen->index = found;
	return true;
}

static bool search_index(struct edit *e, struct wanted *w, struct way *way)
{
	struct route_seen *seen = find_seen(edit_route_search(e), w->id);

	if (seen == NULL)
		return false;
	w->origin = seen->origin;
	return seen->several ? search_document(e, w, way) : search_near(e, w, seen, way);
}

/* By "@id" or handle. */
static bool find_named(struct edit *e, const char *name, struct way *way)
{
	struct route_search *x = edit_route_search(e);
	struct wanted w = {.edit = e, .id = name};
	const struct route_table *table;
	size_t index;

	if (x->arena == NULL && ++x->searches > SEARCHES_WITHOUT)
		fill(x, e);
	if (x->arena != NULL)
		return search_index(e, &w, way);
	if (name[0] == '#') {
		table = edit_by_handle(e, name, &index);
		w.origin = table != NULL ? json_array_get(table->json, index) : NULL;
		if (w.origin == NULL)
			return false;
	}
	return search_document(e, &w, way);
}

/* From a route to the one inside it that comes behind *left others. */
static bool go_inside(struct way *way, size_t *left)
{
	json_t *route = way->value, *list;
	size_t depth = way->count, i, j;

	for (i = 0; i < json_array_size(json_object_get(route, "handle")); i++) {
		way_key(way, "handle");
		way_index(way, i);
		way_key(way, "routes");
		list = way->value;
		for (j = 0; j < json_array_size(list); j++) {
			way_index(way, j);
			if ((*left)-- == 0 || go_inside(way, left))
				return true;
			way_pop(way, depth + 3, list);
		}
		way_pop(way, depth, route);
	}
	return false;
}

bool way_find_route(struct edit *e, const char *name, struct way *way)
{
	char outer[HOLDER_NAME_MAX];
	size_t index;
	bool inside;

	if (find_named(e, name, way))
		return true;
	return way_name_split(name, EDIT_INSIDE, outer, sizeof(outer), &index, &inside) && inside &&
	       find_named(e, outer, way) && go_inside(way, &index);
}
