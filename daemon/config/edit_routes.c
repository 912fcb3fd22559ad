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
	return 0;
}

static int check_id_is_free(struct edit *e, json_t *route, struct error *err)
{
	const char *id = edit_id(route);
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
	json_t *list = NULL;
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
		list = way_open(e, &way);
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
	id = edit_id(way.value);
	fresh = json_copy(route);
	if (id != NULL && edit_id(fresh) == NULL) {
		json_object_set_new(fresh, "@id", json_string(id));
	} else if (edit_id(fresh) != NULL && (id == NULL || strcmp(id, edit_id(fresh)) != 0) &&
		   check_id_is_free(e, fresh, err) == -1) {
		json_decref(fresh);
		return -1;
	}
	index = way_to_list(e, &way);
	list = way_open(e, &way);
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
	route = way_open(e, &way);
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
