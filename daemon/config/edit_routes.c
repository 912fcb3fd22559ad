/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/edit.h"

#include <string.h>

#include "daemon/config/edit_way.h"
#include "daemon/config/holder.h"

static bool same_way(const struct way *a, const struct way *b)
{
	return a->count == b->count && way_begins(a, b);
}

/* Does the list that way is at belong to a subroute of the route at outer? */
static bool is_list_of(const struct way *outer, const struct way *way)
{
	return way->count == outer->count + 3 && way_begins(way, outer);
}

/* Is the route, which way leads to or into, in the server or the wrapper that is named, if any? */
static int check_named(struct edit *e, const struct destination *to, const struct way *way,
    const char *route, struct error *err)
{
	const char *named = to->wrapper != NULL ? to->wrapper : to->server;
	char name[HOLDER_NAME_MAX];
	struct way wanted;
	struct holders its;

	if (named == NULL)
		return 0;
	if ((to->wrapper != NULL ? way_wrapper(e, named, &wanted, err)
				 : way_server(e, named, &wanted, err)) == -1)
		return -1;
	if (way_begins(way, &wanted))
		return 0;
	holders_of(&its, edit_document(e), way);
	return error_set(err, ERROR_INVALID, "route '%s' is not in %s '%s' but in '%s'", route,
	    to->wrapper != NULL ? "the wrapper" : "server", named, holder_name(&its, name));
}

/* To what holds the subroute's list of the route that to says. */
static int way_inside(
    struct edit *e, const struct destination *to, struct way *way, struct error *err)
{
	json_t *handle;
	size_t i;

	if (way_route(e, to->in, way, err) == -1 || check_named(e, to, way, to->in, err) == -1)
		return -1;
	handle = json_object_get(way->value, "handle");
	for (i = 0; i < json_array_size(handle); i++)
		if (json_object_get(json_array_get(handle, i), "routes") != NULL)
			break;
	if (i == json_array_size(handle))
		return error_set(
		    err, ERROR_INVALID, "route '%s' has no subroute to add to", to->in);
	way_key(way, "handle");
	way_index(way, i);
	return 0;
}

static int way_own_list(struct edit *e, const char *server, struct way *way, struct error *err)
{
	if (way_server(e, server, way, err) == -1)
		return -1;
	if (strcmp(way->steps[1].key, "layer4") == 0)
		return 0;
	return error_set(err, ERROR_INVALID,
	    "the routes of '%s' are those of HTTP, which are changed in the document; a listener "
	    "wrapper's are meant by wrapper",
	    server);
}

/* The list at the end of which, or at the beginning, route is put; made where it is missing. */
static int open_list(struct edit *e, const struct destination *to, const json_t *route,
    struct way *list, struct error *err)
{
	json_t *holder;
	int rc = to->in != NULL        ? way_inside(e, to, list, err)
		 : to->wrapper != NULL ? way_wrapper(e, to->wrapper, list, err)
				       : way_own_list(e, to->server, list, err);

	if (rc == -1)
		return -1;
	holder = way_open(e, list);
	if (json_object_get(holder, "routes") == NULL)
		json_object_set_new(holder, "routes", json_array());
	way_key(list, "routes");
	way_open(e, list);
	return way_fits(list, route, err);
}

/* NULL is free; a name that looks like a handle is left to the loader to refuse. */
static int check_id(struct edit *e, const char *id, struct error *err)
{
	struct way way;

	if (id == NULL || id[0] == '#' || !way_find_route(e, id, &way))
		return 0;
	return error_set(err, ERROR_EXISTS, "a route '%s' is there already", id);
}

static int check_id_is_free(struct edit *e, json_t *route, struct error *err)
{
	return check_id(e, edit_id(route), err);
}

/* The route gets another name: it may keep its own. */
static int check_id_change(struct edit *e, const json_t *route, const json_t *id, struct error *err)
{
	if (id == NULL || json_equal(json_object_get(route, "@id"), id))
		return 0;
	return check_id(e, json_string_value(id), err);
}

/* The list that anchor is in, which must be the one that is named. */
static int open_list_of(struct edit *e, const struct destination *to, const json_t *route,
    struct way *list, size_t *index, struct error *err)
{
	struct way outer;

	if (way_route(e, to->anchor, list, err) == -1)
		return -1;
	*index = way_to_list(e, list);
	if (check_named(e, to, list, to->anchor, err) == -1)
		return -1;
	if (to->in != NULL && way_route(e, to->in, &outer, err) == -1)
		return -1;
	if (to->in != NULL && !is_list_of(&outer, list))
		return error_set(err, ERROR_INVALID, "route '%s' is not in the subroute of '%s'",
		    to->anchor, to->in);
	way_open(e, list);
	return way_fits(list, route, err);
}

static int find_place(struct edit *e, const struct destination *to, const json_t *route,
    struct way *list, size_t *index, struct error *err)
{
	if (to->server != NULL && to->wrapper != NULL)
		return error_set(err, ERROR_INVALID, "name a server or a wrapper, not both");
	if (to->place == PLACE_BEFORE || to->place == PLACE_AFTER) {
		if (open_list_of(e, to, route, list, index, err) == -1)
			return -1;
		*index += to->place == PLACE_AFTER ? 1 : 0;
		return 0;
	}
	if (to->server == NULL && to->wrapper == NULL && to->in == NULL)
		return error_set(err, ERROR_INVALID,
		    "name the server or the wrapper, or a route to add before or after");
	if (open_list(e, to, route, list, err) == -1)
		return -1;
	*index = to->place == PLACE_FIRST ? 0 : json_array_size(list->value);
	return 0;
}

int edit_route_add(struct edit *e, const struct destination *to, json_t *route, struct error *err)
{
	struct way list;
	size_t index = 0;

	if (check_id_is_free(e, route, err) == -1 ||
	    find_place(e, to, route, &list, &index, err) == -1)
		return -1;
	json_array_insert(list.value, index, route);
	edit_route_put(e, &list, index);
	edit_set_touched(e, route);
	return 0;
}

int edit_route_replace(struct edit *e, const char *name, json_t *route, struct error *err)
{
	const json_t *origin;
	struct way way;
	const char *id;
	json_t *list, *fresh;
	size_t index;
	int rc = 0;

	if (way_route(e, name, &way, err) == -1)
		return -1;
	origin = edit_origin(e, way.value);
	id = edit_id(way.value);
	fresh = json_copy(route);
	if (id != NULL && json_object_get(fresh, "@id") == NULL)
		json_object_set_new(fresh, "@id", json_string(id));
	else
		rc = check_id_change(e, way.value, json_object_get(fresh, "@id"), err);
	if (rc == -1) {
		json_decref(fresh);
		return -1;
	}
	index = way_to_list(e, &way);
	list = way_open(e, &way);
	if (way_fits(&way, fresh, err) == -1) {
		json_decref(fresh);
		return -1;
	}
	edit_route_taken(e, json_array_get(list, index));
	json_array_set_new(list, index, fresh);
	edit_route_put(e, &way, index);
	edit_set_origin(e, fresh, origin);
	edit_set_touched(e, fresh);
	return 0;
}

int edit_route_set(
    struct edit *e, const char *name, const char *key, json_t *value, struct error *err)
{
	struct way way;
	json_t *route;
	size_t index;

	if (way_route(e, name, &way, err) == -1)
		return -1;
	if (strcmp(key, "@id") == 0 && check_id_change(e, way.value, value, err) == -1)
		return -1;
	route = way_open(e, &way);
	if (way_fits(&way, value, err) == -1)
		return -1;
	edit_route_taken(e, route);
	if (value == NULL)
		json_object_del(route, key);
	else
		json_object_set(route, key, value);
	index = way_to_list(e, &way);
	edit_route_put(e, &way, index);
	edit_set_touched(e, route);
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
	list = way_open(e, &way);
	route = json_incref(json_array_get(list, from));
	to -= to > from ? 1 : 0;
	json_array_remove(list, from);
	json_array_insert_new(list, to, route);
	edit_route_taken(e, route);
	edit_route_put(e, &way, to);
	edit_set_touched(e, route);
	return 0;
}

int edit_route_remove(struct edit *e, const char *name, struct error *err)
{
	struct way way;
	size_t index;
	json_t *list;

	if (way_route(e, name, &way, err) == -1)
		return -1;
	index = way_to_list(e, &way);
	list = way_open(e, &way);
	edit_route_taken(e, json_array_get(list, index));
	json_array_remove(list, index);
	return 0;
}
