/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/edit.h"

#include <string.h>

#include "daemon/config/edit_way.h"

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

/* Does the list that way is at belong to a subroute of the route at outer? */
static bool is_list_of(const struct way *outer, const struct way *way)
{
	struct way start = *way;

	start.count = outer->count;
	return way->count == outer->count + 3 && same_way(outer, &start);
}

/* server may be NULL: it was not named. */
static int check_server(
    const struct way *way, const char *server, const char *route, struct error *err)
{
	const char *its = way->steps[3].key;

	if (server == NULL || strcmp(its, server) == 0)
		return 0;
	return error_set(
	    err, ERROR_INVALID, "route '%s' is not in server '%s' but in '%s'", route, server, its);
}

/* The list of server, or of the subroute of the route in, made where it is missing, for route. */
static int open_list(struct edit *e, const char *server, const char *in, const json_t *route,
    json_t **list, struct error *err)
{
	struct way way;
	json_t *holder, *handle;
	size_t i;

	if (in != NULL) {
		if (way_route(e, in, &way, err) == -1 || check_server(&way, server, in, err) == -1)
			return -1;
		handle = json_object_get(way.value, "handle");
		for (i = 0; i < json_array_size(handle); i++)
			if (json_object_get(json_array_get(handle, i), "routes") != NULL)
				break;
		if (i == json_array_size(handle))
			return error_set(
			    err, ERROR_INVALID, "route '%s' has no subroute to add to", in);
		way_key(&way, "handle");
		way_index(&way, i);
	} else if (way_server(e, server, &way, err) == -1) {
		return -1;
	}
	holder = way_open(e, &way);
	if (json_object_get(holder, "routes") == NULL)
		json_object_set_new(holder, "routes", json_array());
	way_key(&way, "routes");
	*list = way_open(e, &way);
	return way_fits(&way, route, err);
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

/* The list that anchor is in, which must be the one that server or in name. */
static int open_list_of(struct edit *e, const char *server, const char *in, const char *anchor,
    const json_t *route, json_t **list, size_t *index, struct error *err)
{
	struct way way, outer;

	if (way_route(e, anchor, &way, err) == -1)
		return -1;
	*index = way_to_list(e, &way);
	if (check_server(&way, server, anchor, err) == -1)
		return -1;
	if (in != NULL && way_route(e, in, &outer, err) == -1)
		return -1;
	if (in != NULL && !is_list_of(&outer, &way))
		return error_set(
		    err, ERROR_INVALID, "route '%s' is not in the subroute of '%s'", anchor, in);
	*list = way_open(e, &way);
	return way_fits(&way, route, err);
}

int edit_route_add(struct edit *e, const char *server, const char *in, enum place place,
    const char *anchor, json_t *route, struct error *err)
{
	json_t *list = NULL;
	size_t index;

	if (check_id_is_free(e, route, err) == -1)
		return -1;
	if (place == PLACE_BEFORE || place == PLACE_AFTER) {
		if (open_list_of(e, server, in, anchor, route, &list, &index, err) == -1)
			return -1;
		index += place == PLACE_AFTER ? 1 : 0;
	} else if (server == NULL && in == NULL) {
		return error_set(
		    err, ERROR_INVALID, "name the server, or a route to add before or after");
	} else {
		if (open_list(e, server, in, route, &list, err) == -1)
			return -1;
		index = place == PLACE_FIRST ? 0 : json_array_size(list);
	}
	json_array_insert(list, index, route);
	edit_set_added(e, route);
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
	json_array_set_new(list, index, fresh);
	edit_set_origin(e, fresh, origin);
	return 0;
}

int edit_route_set(
    struct edit *e, const char *name, const char *key, json_t *value, struct error *err)
{
	struct way way;
	json_t *route;

	if (way_route(e, name, &way, err) == -1)
		return -1;
	if (strcmp(key, "@id") == 0 && check_id_change(e, way.value, value, err) == -1)
		return -1;
	route = way_open(e, &way);
	if (way_fits(&way, value, err) == -1)
		return -1;
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
	list = way_open(e, &way);
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
	json_array_remove(way_open(e, &way), index);
	return 0;
}
