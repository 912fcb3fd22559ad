/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/edit.h"

#include <string.h>

#include "daemon/config/edit_way.h"

#define KIND "/proxy["

static bool is_proxy(const json_t *handler)
{
	const char *name = json_string_value(json_object_get(handler, "handler"));

	return name != NULL && strcmp(name, "proxy") == 0;
}

static bool search_handlers(struct way *way, const char *key, size_t wanted, size_t *seen);

/* In the routes of the subroute that way is at. */
static bool search_routes(struct way *way, size_t wanted, size_t *seen)
{
	json_t *handler = way->value, *routes = json_object_get(handler, "routes");
	size_t depth = way->count, i;

	for (i = 0; i < json_array_size(routes); i++) {
		way_key(way, "routes");
		way_index(way, i);
		if (search_handlers(way, "handle", wanted, seen))
			return true;
		way_pop(way, depth, handler);
	}
	return false;
}

/*
 * Finds the wanted-th proxy handler of the chain under key of what way is at, also in subroutes and
 * in branches of tee; counts all that are passed in *seen.
 */
static bool search_handlers(struct way *way, const char *key, size_t wanted, size_t *seen)
{
	json_t *holder = way->value, *chain = json_object_get(holder, key);
	size_t depth = way->count, i;

	for (i = 0; i < json_array_size(chain); i++) {
		way_key(way, key);
		way_index(way, i);
		if (is_proxy(way->value) && (*seen)++ == wanted)
			return true;
		if (search_routes(way, wanted, seen) ||
		    search_handlers(way, "branch", wanted, seen))
			return true;
		way_pop(way, depth, holder);
	}
	return false;
}

size_t edit_proxy_route(const char *proxy)
{
	return way_name_length(proxy, KIND);
}

int way_proxy(struct edit *e, const char *text, struct way *way, struct error *err)
{
	char name[512];
	struct way route;
	size_t index, seen = 0, all = 0;
	bool indexed;

	if (!way_name_split(text, KIND, name, sizeof(name), &index, &indexed))
		return error_set(
		    err, ERROR_INVALID, "'%s' is not ROUTE or ROUTE/proxy[NUMBER]", text);
	if (way_route(e, name, way, err) == -1)
		return -1;
	route = *way;
	search_handlers(&route, "handle", SIZE_MAX, &all);
	if (all > 1 && !indexed)
		return error_set(err, ERROR_CONFLICT,
		    "route '%s' has %zu proxy handlers; name one: %s/proxy[0] to %s/proxy[%zu]",
		    name, all, name, name, all - 1);
	if (search_handlers(way, "handle", index, &seen))
		return 0;
	if (all == 0)
		return error_set(err, ERROR_NOT_FOUND, "route '%s' has no proxy handler", name);
	return error_set(err, ERROR_NOT_FOUND,
	    "route '%s' has %zu proxy handler%s, so there is no '%s'", name, all,
	    all == 1 ? "" : "s", text);
}

static const char *first_dial(const json_t *upstream)
{
	return json_string_value(json_array_get(json_object_get(upstream, "dial"), 0));
}

int way_upstream(
    struct edit *e, const char *proxy, const char *name, struct way *way, struct error *err)
{
	json_t *list, *upstream;
	size_t i, found = SIZE_MAX, matches = 0;

	if (way_proxy(e, proxy, way, err) == -1)
		return -1;
	way_key(way, "upstreams");
	list = way->value;
	json_array_foreach (list, i, upstream) {
		const char *id = edit_id(upstream), *dial = first_dial(upstream);

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
	way_index(way, found);
	return 0;
}

static json_t *open_upstreams(struct edit *e, const char *proxy, struct way *way, struct error *err)
{
	json_t *handler;

	if (way_proxy(e, proxy, way, err) == -1)
		return NULL;
	handler = way_open(e, way);
	if (json_object_get(handler, "upstreams") == NULL)
		json_object_set_new(handler, "upstreams", json_array());
	way_key(way, "upstreams");
	return way_open(e, way);
}

int edit_upstream_add(struct edit *e, const char *proxy, json_t *upstream, struct error *err)
{
	const char *name = edit_id(upstream) != NULL ? edit_id(upstream) : first_dial(upstream);
	json_t *list;
	struct way way;
	struct error none;

	list = open_upstreams(e, proxy, &way, err);
	if (list == NULL || way_fits(&way, upstream, err) == -1)
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
	object = way_open(e, &way);
	if (way_fits(&way, value, err) == -1)
		return -1;
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
	json_array_remove(way_open(e, &way), index);
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
	json_t *list, *common, *address;
	struct way way;
	size_t i;

	if (json_array_size(addresses) == 0)
		return error_set(err, ERROR_INVALID, "name at least one address");
	list = open_upstreams(e, proxy, &way, err);
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

static void visit_dials(
    const json_t *upstream, void (*visit)(void *arg, const char *dial), void *arg)
{
	json_t *dial;
	size_t i;

	json_array_foreach (json_object_get(upstream, "dial"), i, dial)
		if (json_is_string(dial))
			visit(arg, json_string_value(dial));
}

int edit_upstream_dials(struct edit *e, const char *proxy, const char *upstream,
    void (*visit)(void *arg, const char *dial), void *arg, struct error *err)
{
	struct way way;
	json_t *list, *item;
	size_t i;

	if (upstream != NULL) {
		if (way_upstream(e, proxy, upstream, &way, err) == -1)
			return -1;
		visit_dials(way.value, visit, arg);
		return 0;
	}
	if (way_proxy(e, proxy, &way, err) == -1)
		return -1;
	list = json_object_get(way.value, "upstreams");
	json_array_foreach (list, i, item)
		visit_dials(item, visit, arg);
	return 0;
}
