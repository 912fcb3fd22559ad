/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/edit.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/input/json.h"

#define STEPS_MAX (2 * JSON_DEPTH_MAX)

/* A value that this edit has made, and may therefore change. */
struct own {
	const json_t *json;
	const json_t *origin; /* what it was copied from */
	UT_hash_handle hh;
};

struct edit {
	const struct instance *base;
	json_t *document;
	struct own *own;
};

/* The way from the root to a value: keys of objects and indexes of arrays. */
struct step {
	const char *key; /* NULL: index */
	size_t index;
};

struct way {
	struct step steps[STEPS_MAX];
	size_t count;
	json_t *value; /* at its end */
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
		free(o);
	}
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
	return (json_t *)o->json;
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

/* Makes everything on the way one's own; returns the value at its end, to be changed. */
static json_t *open_way(struct edit *e, struct way *way)
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

static void push_key(struct way *way, const char *key)
{
	way->steps[way->count++] = (struct step){.key = key};
	way->value = json_object_get(way->value, key);
}

static void push_index(struct way *way, size_t index)
{
	way->steps[way->count++] = (struct step){.index = index};
	way->value = json_array_get(way->value, index);
}

static void pop(struct way *way, size_t count, json_t *value)
{
	way->count = count;
	way->value = value;
}

/* ---- finding -------------------------------------------------------------------------------- */

static const char *id_of(const json_t *object)
{
	return json_string_value(json_object_get(object, "@id"));
}

static void way_servers(struct edit *e, struct way *way)
{
	way->count = 0;
	way->value = e->document;
	push_key(way, "apps");
	push_key(way, "layer4");
	push_key(way, "servers");
}

static int way_server(struct edit *e, const char *name, struct way *way, struct error *err)
{
	way_servers(e, way);
	push_key(way, name);
	if (way->value == NULL)
		return error_set(err, ERROR_NOT_FOUND, "no server '%s'", name);
	return 0;
}

/* The JSON (in base) of the route with that handle. */
static const json_t *by_handle(const struct edit *e, uint64_t handle)
{
	size_t i, j;

	for (i = 0; i < e->base->server_count; i++) {
		const struct route_list *list = &e->base->servers[i]->routes;

		for (j = 0; j < list->count; j++)
			if (list->items[j]->identity != NULL &&
			    list->items[j]->identity->handle == handle)
				return list->items[j]->json;
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
	id = id_of(route);
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

		push_index(way, i);
		route = way->value;
		if (is_wanted(w, route))
			return true;
		inside = way->count;
		handle = json_object_get(route, "handle");
		for (j = 0; w->origin == NULL && j < json_array_size(handle); j++) {
			if (!json_is_array(json_object_get(json_array_get(handle, j), "routes")))
				continue;
			push_key(way, "handle");
			push_index(way, j);
			push_key(way, "routes");
			if (search_routes(w, way))
				return true;
			pop(way, inside, route);
		}
		pop(way, depth, list);
	}
	return false;
}

/* The way to a route by "@id" or "#handle". */
static int way_route(struct edit *e, const char *name, struct way *way, struct error *err)
{
	struct wanted w = {.edit = e, .id = name};
	const char *server;
	json_t *servers, *value;
	char *end;

	if (name[0] == '#') {
		w.origin = by_handle(e, strtoull(name + 1, &end, 10));
		if (w.origin == NULL || *end != '\0')
			return error_set(err, ERROR_NOT_FOUND, "no route '%s'", name);
	}
	way_servers(e, way);
	servers = way->value;
	json_object_foreach (servers, server, value) {
		way_servers(e, way);
		push_key(way, server);
		push_key(way, "routes");
		if (search_routes(&w, way))
			return 0;
	}
	return error_set(err, ERROR_NOT_FOUND, "no route '%s'", name);
}

/* ---- routes --------------------------------------------------------------------------------- */

/* Splits the way to a route into the way to its list, and its index there. */
static size_t way_to_list(struct edit *e, struct way *way)
{
	size_t index = way->steps[--way->count].index, i;
	json_t *at = e->document;

	for (i = 0; i < way->count; i++)
		at = child(at, &way->steps[i]);
	way->value = at;
	return index;
}

static bool same_way(const struct way *a, const struct way *b)
{
	size_t i;

	for (i = 0; i < a->count && i < b->count; i++) {
		const struct step *x = &a->steps[i], *y = &b->steps[i];

		if ((x->key == NULL) != (y->key == NULL))
			return false;
		if (x->key != NULL ? strcmp(x->key, y->key) != 0 : x->index != y->index)
			return false;
	}
	return a->count == b->count;
}

/* The list of server, or of the subroute of the route in; made where it is missing. */
static int open_list(
    struct edit *e, const char *server, const char *in, json_t **list, struct error *err)
{
	struct way way;
	json_t *holder, *handle;
	size_t i;

	if (in != NULL) {
		if (way_route(e, in, &way, err) == -1)
			return -1;
		handle = json_object_get(way.value, "handle");
		for (i = 0; i < json_array_size(handle); i++)
			if (json_object_get(json_array_get(handle, i), "routes") != NULL)
				break;
		if (i == json_array_size(handle))
			return error_set(
			    err, ERROR_INVALID, "route '%s' has no subroute to add to", in);
		push_key(&way, "handle");
		push_index(&way, i);
	} else if (way_server(e, server, &way, err) == -1) {
		return -1;
	}
	holder = open_way(e, &way);
	if (json_object_get(holder, "routes") == NULL)
		json_object_set_new(holder, "routes", json_array());
	push_key(&way, "routes");
	*list = open_way(e, &way);
	return 0;
}

static int check_id_is_free(struct edit *e, json_t *route, struct error *err)
{
	const char *id = id_of(route);
	struct way way;
	struct error none;

	if (id == NULL || way_route(e, id, &way, &none) == -1)
		return 0;
	return error_set(err, ERROR_EXISTS, "a route '%s' is there already", id);
}

int edit_route_add(struct edit *e, const char *server, const char *in, enum place place,
    const char *anchor, json_t *route, struct error *err)
{
	struct way way;
	json_t *list;
	size_t index;

	if (check_id_is_free(e, route, err) == -1)
		return -1;
	if (place == PLACE_BEFORE || place == PLACE_AFTER) {
		if (way_route(e, anchor, &way, err) == -1)
			return -1;
		index = way_to_list(e, &way) + (place == PLACE_AFTER ? 1 : 0);
		if (server != NULL && strcmp(way.steps[3].key, server) != 0)
			return error_set(err, ERROR_INVALID,
			    "route '%s' is not in server '%s' but in '%s'", anchor, server,
			    way.steps[3].key);
		list = open_way(e, &way);
	} else if (server == NULL && in == NULL) {
		return error_set(
		    err, ERROR_INVALID, "name the server, or a route to add before or after");
	} else {
		if (open_list(e, server, in, &list, err) == -1)
			return -1;
		index = place == PLACE_FIRST ? 0 : json_array_size(list);
	}
	json_array_insert(list, index, route);
	return 0;
}

/* What takes the place of a value carries its identity on. */
static void set_origin(struct edit *e, const json_t *json, const json_t *origin)
{
	struct own *o = find_own(e, json);

	if (o == NULL) {
		o = mem_zalloc(sizeof(*o));
		o->json = json;
		HASH_ADD_PTR(e->own, json, o);
	}
	o->origin = origin;
}

int edit_route_replace(struct edit *e, const char *name, json_t *route, struct error *err)
{
	const json_t *origin;
	struct way way;
	const char *id;
	json_t *list, *fresh;
	size_t index;

	if (way_route(e, name, &way, err) == -1)
		return -1;
	origin = edit_origin(e, way.value);
	id = id_of(way.value);
	fresh = json_copy(route);
	if (id != NULL && id_of(fresh) == NULL) {
		json_object_set_new(fresh, "@id", json_string(id));
	} else if (id_of(fresh) != NULL && (id == NULL || strcmp(id, id_of(fresh)) != 0) &&
		   check_id_is_free(e, fresh, err) == -1) {
		json_decref(fresh);
		return -1;
	}
	index = way_to_list(e, &way);
	list = open_way(e, &way);
	json_array_set_new(list, index, fresh);
	set_origin(e, fresh, origin);
	return 0;
}

int edit_route_set(
    struct edit *e, const char *name, const char *key, json_t *value, struct error *err)
{
	struct way way;
	json_t *route;

	if (way_route(e, name, &way, err) == -1)
		return -1;
	route = open_way(e, &way);
	if (value == NULL)
		json_object_del(route, key);
	else
		json_object_set(route, key, value);
	return 0;
}

int edit_route_move(
    struct edit *e, const char *name, enum place place, const char *anchor, struct error *err)
{
	struct way way, other;
	json_t *list, *route;
	size_t from, to;

	if (way_route(e, name, &way, err) == -1)
		return -1;
	from = way_to_list(e, &way);
	if (place == PLACE_FIRST) {
		to = 0;
	} else if (place == PLACE_LAST) {
		to = json_array_size(way.value);
	} else {
		if (way_route(e, anchor, &other, err) == -1)
			return -1;
		to = way_to_list(e, &other) + (place == PLACE_AFTER ? 1 : 0);
		if (!same_way(&way, &other))
			return error_set(err, ERROR_INVALID,
			    "routes '%s' and '%s' are not in the same list; remove it there and "
			    "add it here",
			    name, anchor);
	}
	list = open_way(e, &way);
	route = json_incref(json_array_get(list, from));
	json_array_remove(list, from);
	json_array_insert_new(list, to > from ? to - 1 : to, route);
	return 0;
}

int edit_route_remove(struct edit *e, const char *name, struct error *err)
{
	struct way way;
	size_t index;

	if (way_route(e, name, &way, err) == -1)
		return -1;
	index = way_to_list(e, &way);
	json_array_remove(open_way(e, &way), index);
	return 0;
}

/* ---- upstreams ------------------------------------------------------------------------------ */

static bool is_proxy(const json_t *handler)
{
	const char *name = json_string_value(json_object_get(handler, "handler"));

	return name != NULL && strcmp(name, "proxy") == 0;
}

/*
 * Finds the wanted-th proxy handler of the route that way is at, through its subroutes; counts
 * all that are passed in *seen.
 */
static bool search_proxy(struct way *way, size_t wanted, size_t *seen)
{
	json_t *route = way->value, *handle = json_object_get(route, "handle"), *inner;
	size_t depth = way->count, i, j;

	for (i = 0; i < json_array_size(handle); i++) {
		push_key(way, "handle");
		push_index(way, i);
		if (is_proxy(way->value) && (*seen)++ == wanted)
			return true;
		inner = json_object_get(way->value, "routes");
		if (json_array_size(inner) > 0)
			push_key(way, "routes");
		for (j = 0; j < json_array_size(inner); j++) {
			size_t at = way->count;

			push_index(way, j);
			if (search_proxy(way, wanted, seen))
				return true;
			pop(way, at, inner);
		}
		pop(way, depth, route);
	}
	return false;
}

/* "ROUTE" or "ROUTE/proxy[1]" -> the route's name and which proxy; false: malformed. */
static bool split_proxy(const char *text, char *route, size_t size, size_t *index, bool *indexed)
{
	const char *slash = strrchr(text, '/');
	size_t length = strlen(text);
	unsigned long n;
	char *end;

	*index = 0;
	*indexed = slash != NULL && strncmp(slash, "/proxy[", 7) == 0;
	if (*indexed) {
		n = strtoul(slash + 7, &end, 10);
		if (end == slash + 7 || strcmp(end, "]") != 0)
			return false;
		*index = n;
		length = (size_t)(slash - text);
	}
	if (length >= size)
		return false;
	memcpy(route, text, length);
	route[length] = '\0';
	return true;
}

static int way_proxy(struct edit *e, const char *text, struct way *way, struct error *err)
{
	char name[512];
	struct way route;
	size_t index, seen = 0, all = 0;
	bool indexed;

	if (!split_proxy(text, name, sizeof(name), &index, &indexed))
		return error_set(
		    err, ERROR_INVALID, "'%s' is not ROUTE or ROUTE/proxy[NUMBER]", text);
	if (way_route(e, name, way, err) == -1)
		return -1;
	route = *way;
	search_proxy(&route, SIZE_MAX, &all);
	if (all > 1 && !indexed)
		return error_set(err, ERROR_CONFLICT,
		    "route '%s' has %zu proxy handlers; name one: %s/proxy[0] to %s/proxy[%zu]",
		    name, all, name, name, all - 1);
	if (!search_proxy(way, index, &seen))
		return error_set(err, ERROR_NOT_FOUND,
		    "route '%s' has %zu proxy handlers, so there is no '%s'", name, all, text);
	return 0;
}

static const char *first_dial(const json_t *upstream)
{
	return json_string_value(json_array_get(json_object_get(upstream, "dial"), 0));
}

static int way_upstream(
    struct edit *e, const char *proxy, const char *name, struct way *way, struct error *err)
{
	json_t *list, *upstream;
	size_t i, found = SIZE_MAX, matches = 0;

	if (way_proxy(e, proxy, way, err) == -1)
		return -1;
	push_key(way, "upstreams");
	list = way->value;
	json_array_foreach (list, i, upstream) {
		const char *id = id_of(upstream), *dial = first_dial(upstream);

		if ((id != NULL && strcmp(id, name) == 0) ||
		    (dial != NULL && strcmp(dial, name) == 0)) {
			found = i;
			matches++;
		}
	}
	if (matches > 1)
		return error_set(err, ERROR_CONFLICT,
		    "'%s' stands for %zu upstreams of '%s'; give them an @id", name, matches,
		    proxy);
	if (matches == 0)
		return error_set(err, ERROR_NOT_FOUND, "'%s' has no upstream '%s'", proxy, name);
	push_index(way, found);
	return 0;
}

static json_t *open_upstreams(
    struct edit *e, const char *proxy, json_t **handler, struct error *err)
{
	struct way way;

	if (way_proxy(e, proxy, &way, err) == -1)
		return NULL;
	*handler = open_way(e, &way);
	if (json_object_get(*handler, "upstreams") == NULL)
		json_object_set_new(*handler, "upstreams", json_array());
	push_key(&way, "upstreams");
	return open_way(e, &way);
}

int edit_upstream_add(struct edit *e, const char *proxy, json_t *upstream, struct error *err)
{
	const char *name = id_of(upstream) != NULL ? id_of(upstream) : first_dial(upstream);
	json_t *list, *handler;
	struct way way;
	struct error none;

	list = open_upstreams(e, proxy, &handler, err);
	if (list == NULL)
		return -1;
	if (name != NULL &&
	    (way_upstream(e, proxy, name, &way, &none) == 0 || none.code == ERROR_CONFLICT))
		return error_set(
		    err, ERROR_EXISTS, "'%s' has an upstream '%s' already", proxy, name);
	json_array_append(list, upstream);
	return 0;
}

int edit_upstream_set(struct edit *e, const char *proxy, const char *upstream, const char *key,
    json_t *value, struct error *err)
{
	struct way way;
	json_t *object;

	if (way_upstream(e, proxy, upstream, &way, err) == -1)
		return -1;
	object = open_way(e, &way);
	if (value == NULL)
		json_object_del(object, key);
	else
		json_object_set(object, key, value);
	return 0;
}

int edit_upstream_remove(struct edit *e, const char *proxy, const char *upstream, struct error *err)
{
	struct way way;
	size_t index;

	if (way_upstream(e, proxy, upstream, &way, err) == -1)
		return -1;
	index = way_to_list(e, &way);
	json_array_remove(open_way(e, &way), index);
	return 0;
}

/* What all upstreams of the list say besides where they are; NULL with err: they differ. */
static json_t *common_options(const json_t *list, const char *proxy, struct error *err)
{
	json_t *common = NULL, *upstream;
	size_t i;

	json_array_foreach (list, i, upstream) {
		json_t *options = json_copy(upstream);

		json_object_del(options, "dial");
		json_object_del(options, "@id");
		if (common != NULL && !json_equal(common, options)) {
			json_decref(options);
			json_decref(common);
			error_set(err, ERROR_CONFLICT,
			    "the upstreams of '%s' have different options, so it is not clear what "
			    "the new ones should have; use upstream add and rm",
			    proxy);
			return NULL;
		}
		json_decref(common);
		common = options;
	}
	return common != NULL ? common : json_object();
}

int edit_upstream_swap(
    struct edit *e, const char *proxy, const json_t *addresses, struct error *err)
{
	json_t *list, *handler, *common, *address;
	size_t i;

	if (json_array_size(addresses) == 0)
		return error_set(err, ERROR_INVALID, "name at least one address");
	list = open_upstreams(e, proxy, &handler, err);
	if (list == NULL)
		return -1;
	common = common_options(list, proxy, err);
	if (common == NULL)
		return -1;
	json_array_clear(list);
	json_array_foreach (addresses, i, address) {
		json_t *upstream = json_copy(common);

		json_object_set_new(upstream, "dial", json_pack("[O]", address));
		json_array_append_new(list, upstream);
	}
	json_decref(common);
	return 0;
}

/* ---- servers and listeners ------------------------------------------------------------------ */

static json_t *open_servers(struct edit *e)
{
	struct way way = {.count = 0};
	static const char *const keys[] = {"apps", "layer4", "servers"};
	json_t *at;
	size_t i;

	for (i = 0; i < 3; i++) {
		at = open_way(e, &way);
		if (json_object_get(at, keys[i]) == NULL)
			json_object_set_new(at, keys[i], json_object());
		way.value = at;
		push_key(&way, keys[i]);
	}
	return open_way(e, &way);
}

int edit_server_add(struct edit *e, const char *name, json_t *server, struct error *err)
{
	json_t *servers = open_servers(e);

	if (json_object_get(servers, name) != NULL)
		return error_set(err, ERROR_EXISTS, "a server '%s' is there already", name);
	json_object_set(servers, name, server);
	return 0;
}

int edit_server_remove(struct edit *e, const char *name, struct error *err)
{
	struct way way;

	if (way_server(e, name, &way, err) == -1)
		return -1;
	json_object_del(open_servers(e), name);
	return 0;
}

/* The server whose "listen" has address; NULL: none. */
static const char *server_of(struct edit *e, const char *address)
{
	struct way way;
	const char *name;
	json_t *server, *text;
	size_t i;

	way_servers(e, &way);
	json_object_foreach (way.value, name, server) {
		json_array_foreach (json_object_get(server, "listen"), i, text)
			if (strcmp(json_string_value(text), address) == 0)
				return name;
	}
	return NULL;
}

static json_t *open_texts(struct edit *e, const char *server, const char *key)
{
	struct way way;
	struct error none;
	json_t *object;

	way_server(e, server, &way, &none);
	object = open_way(e, &way);
	if (json_object_get(object, key) == NULL)
		json_object_set_new(object, key, json_array());
	push_key(&way, key);
	return open_way(e, &way);
}

static bool remove_text(json_t *list, const char *wanted)
{
	json_t *text;
	size_t i;

	json_array_foreach (list, i, text) {
		if (strcmp(json_string_value(text), wanted) == 0) {
			json_array_remove(list, i);
			return true;
		}
	}
	return false;
}

int edit_listener_add(struct edit *e, const char *server, const char *address, struct error *err)
{
	struct way way;
	const char *owner = server_of(e, address);

	if (way_server(e, server, &way, err) == -1)
		return -1;
	if (owner != NULL)
		return error_set(
		    err, ERROR_EXISTS, "server '%s' listens on '%s' already", owner, address);
	json_array_append_new(open_texts(e, server, "listen"), json_string(address));
	return 0;
}

static int no_listener(const char *address, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "no server listens on '%s'", address);
}

int edit_listener_remove(struct edit *e, const char *address, struct error *err)
{
	const char *server = server_of(e, address);

	if (server == NULL)
		return no_listener(address, err);
	remove_text(open_texts(e, server, "paused"), address);
	remove_text(open_texts(e, server, "listen"), address);
	return 0;
}

int edit_listener_pause(struct edit *e, const char *address, bool pause, struct error *err)
{
	const char *server = server_of(e, address);
	json_t *paused;

	if (server == NULL)
		return no_listener(address, err);
	paused = open_texts(e, server, "paused");
	remove_text(paused, address);
	if (pause)
		json_array_append_new(paused, json_string(address));
	return 0;
}
