/* SPDX-License-Identifier: BSD-2-Clause */
/* The app "layer4": servers, their listeners and their routes. */
#include <config.h>

#include "daemon/config/layer4.h"

#include <stdlib.h>
#include <jansson.h>

#include "common/duration.h"
#include "common/errors.h"
#include "daemon/config/edit.h"
#include "daemon/config/item_key.h"
#include "daemon/config/reuse.h"
#include "daemon/config/transports.h"
#include "daemon/core/handle.h"
#include "daemon/core/load.h"
#include "daemon/core/route.h"
#include "daemon/core/trust.h"
#include "daemon/net/address.h"
#include "daemon/upstream/health.h"

#define IDLE_TIMEOUT_DEFAULT (30 * DURATION_S)

static int load_routes(
    struct load *load, const struct jnode *node, void *target, struct error *err);

static const struct field server_fields[] = {
    FIELD_STRINGS(struct server, listen, "listen", FIELD_REQUIRED | FIELD_OPEN,
	"addresses to listen on: [network/][host]:port, with port ranges"),
    FIELD_STRINGS(struct server, paused, "paused", 0,
	"those of the addresses that stay bound but accept nothing for now"),
    FIELD_DURATION(struct server, idle_timeout, "idle_timeout", 0, "30s",
	"UDP: how long a silent client address is remembered"),
    FIELD_INT(struct server, max_flows, "max_flows", 0, "131072", 1, 16777216,
	"UDP: most client addresses at a time, of each listening address"),
    FIELD_INT(struct server, max_flows_per_source, "max_flows_per_source", 0, "16384", 1, 16777216,
	"UDP: the same of one client's IPv4 address or IPv6 network of 64 bits"),
    ROUTE_LIST_OPTIONS(struct server, routes),
    FIELD_CUSTOM(struct server, routes, "routes", 0, load_routes, &routes_shape,
	"the routes, asked in order"),
    FIELD_END,
};

static struct route *compile_route(struct load *load, const struct jnode *node, const char *server,
    struct route_identity *identity, struct error *err)
{
	struct arena *outer = load->arena;
	struct route *route = route_new(node->value, server, identity);
	int rc;

	route->revision = load->instance->revision;
	load->arena = route->arena;
	trust_notes(load, &route->trusted);
	rc = route_load(load, node, route, err);
	load->arena = outer;
	trust_notes(load, &load->instance->trusted);
	if (rc == -1) {
		route_unref(route);
		return NULL;
	}
	return route;
}

/* ---- a server's list, sharing what is unchanged --------------------------------------------- */

/* The routes of the server called name before this document. */
static struct reuse *reuse_before(const struct load *load, const char *name)
{
	const struct instance *before = load->before;
	const struct server *server = before != NULL ? instance_server(before, name) : NULL;

	return reuse_new(server, server != NULL ? instance_routes_json(before, name) : NULL);
}

/*
 * Routes of the list before, found again: shared where they are equal, else compiled with their
 * identity. *out is NULL for a route that was not there.
 */
static int take_known(struct load *load, const struct jnode *node, const char *server,
    struct reuse *reuse, struct route **out, struct error *err)
{
	const json_t *origin = load->edit != NULL ? edit_origin(load->edit, node->value) : NULL;
	struct route *route = origin != NULL ? reuse_same(reuse, origin) : NULL;

	*out = NULL;
	if (route == NULL) {
		route = reuse_equal(reuse, node->value);
		if (route == NULL)
			route = reuse_id(reuse, node->value);
		if (route == NULL)
			return 0;
	}
	if (json_equal(route->json, node->value))
		*out = route_ref(route);
	else
		*out = compile_route(load, node, server, route->identity, err);
	return *out != NULL ? 0 : -1;
}

/*
 * Of a route that was not in the list before: perhaps it was there earlier, and its handle is kept
 * under this key (NULL: none is).
 */
static struct route_identity *identity_of(
    const struct load *load, const char *server, const char *key, struct reuse *reuse)
{
	uint64_t handle = key != NULL ? handle_kept(server, key) : 0;
	struct route *route = NULL;

	if (handle == 0 || !reuse_handle(reuse, handle, &route))
		return route_identity_new(handle_next(load));
	return route != NULL ? route_identity_ref(route->identity) : route_identity_new(handle);
}

/* Is any of the routes that are missing in list one that was there earlier? */
static bool any_is_kept(const struct jnode *node, const struct route_list *list, const char *server)
{
	bool kept = false;
	size_t i;
	char *key;

	for (i = 0; !kept && i < list->count; i++) {
		if (list->items[i] != NULL)
			continue;
		key = item_key(json_array_get(node->value, i));
		kept = handle_kept(server, key) != 0;
		free(key);
	}
	return kept;
}

/* Keys are made only where they are of use: for a long list that costs more than all the rest. */
static int compile_others(struct load *load, const struct jnode *node, struct route_list *list,
    const char *server, struct reuse *reuse, struct error *err)
{
	struct item_keys keys = {.items = NULL};
	struct route_identity *identity;
	size_t i;
	int rc = 0;

	if (any_is_kept(node, list, server))
		item_keys_make(&keys, node->value);
	for (i = 0; i < list->count; i++) {
		struct jnode item = jnode_item(node, i);

		if (list->items[i] != NULL)
			continue;
		identity =
		    identity_of(load, server, keys.items != NULL ? keys.items[i] : NULL, reuse);
		list->items[i] = compile_route(load, &item, server, identity, err);
		route_identity_unref(identity);
		if (!errors_go_on(list->items[i] != NULL ? 0 : -1, &rc, err))
			break;
	}
	item_keys_fini(&keys);
	return rc;
}

static void drop_routes(void *object)
{
	struct route_list *list = object;
	size_t i;

	for (i = 0; i < list->count; i++)
		route_unref(list->items[i]);
}

static int share_and_compile(struct load *load, const struct jnode *node, struct route_list *list,
    const char *server, struct reuse *reuse, struct error *err)
{
	bool others = false;
	size_t i;

	for (i = 0; i < list->count; i++) {
		struct route *route = reuse_same(reuse, json_array_get(node->value, i));

		list->items[i] = route != NULL ? route_ref(route) : NULL;
	}
	for (i = 0; i < list->count; i++) {
		struct jnode item = jnode_item(node, i);

		if (list->items[i] != NULL)
			continue;
		if (take_known(load, &item, server, reuse, &list->items[i], err) == -1)
			return -1;
		others = others || list->items[i] == NULL;
	}
	return others ? compile_others(load, node, list, server, reuse, err) : 0;
}

/* target is the list inside a struct server, whose name is the key of the object around node. */
static int load_routes(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct route_list *list = target;
	const char *server = node->parent->key;
	struct reuse *reuse;
	int rc;

	if (jnode_array(node, err) == -1)
		return -1;
	list->count = json_array_size(node->value);
	list->items = arena_array(load->arena, list->count, sizeof(*list->items));
	arena_release(load->arena, drop_routes, list);
	reuse = reuse_before(load, server);
	rc = share_and_compile(load, node, list, server, reuse, err);
	reuse_free(reuse);
	return rc;
}

/* ---- the app -------------------------------------------------------------------------------- */

/* That no other server listens there is seen when all servers are known. */
static int check_listen(const struct jnode *node, const struct server *server, struct error *err)
{
	struct jnode list = jnode_member(node, "listen");
	struct address_range range;
	struct error reason;
	size_t i;

	for (i = 0; i < server->listen.count; i++) {
		struct jnode item = jnode_item(&list, i);

		if (address_parse_listen(server->listen.items[i], &range, &reason) == -1)
			return jnode_error(&item, err, reason.code, "%s", reason.message);
	}
	return 0;
}

static int load_server(struct load *load, const struct jnode *node, struct error *err)
{
	static const struct field name = {.name = "servers", .flags = FIELD_OPEN};
	struct server *server = arena_alloc(load->arena, sizeof(*server));
	char path[sizeof(err->path)];

	if (jnode_object(node, err) == -1 || trust_text(load, &name, node->key, node, err) == -1)
		return -1;
	server->name = arena_strdup(load->arena, node->key);
	server->path = arena_strdup(load->arena, jnode_path(node, path, sizeof(path)));
	if (fields_load(server_fields, load, node, NULL, load->arena, server, err) == -1 ||
	    check_listen(node, server, err) == -1 ||
	    route_list_finish(load, node, &server->routes, err) == -1 ||
	    transports_check(node, server, err) == -1)
		return -1;
	if (server->idle_timeout == 0) /* as in the reference */
		server->idle_timeout = IDLE_TIMEOUT_DEFAULT;
	return instance_add_server(load, server, err);
}

static int load_servers(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	const char *name;
	json_t *value;
	int rc = 0;

	(void)target;
	if (jnode_object(node, err) == -1)
		return -1;
	json_object_foreach (node->value, name, value) {
		struct jnode server = jnode_member(node, name);

		if (!errors_go_on(load_server(load, &server, err), &rc, err))
			break;
	}
	return rc;
}

static const struct shape server_shape = {.type = SHAPE_OBJECT, .fields = server_fields};
static const struct shape servers_shape = {.type = SHAPE_MAP, .of = &server_shape};

static const struct field app_fields[] = {
    {.name = "servers",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_servers,
	.shape = &servers_shape,
	.help = "the servers, by name"},
    FIELD_END,
};

static int load_app(struct load *load, const struct jnode *app, struct error *err)
{
	char nothing; /* the fields go where they belong by themselves */

	if (app->value == NULL)
		return 0;
	return fields_load(app_fields, load, app, NULL, load->arena, &nothing, err);
}

static void published(struct instance *instance)
{
	health_published(instance);
}

const struct app_type app_layer4 = {
    .name = "layer4",
    .help = "servers that route connections by what they say and where they come from",
    .fields = app_fields,
    .load = load_app,
    .published = published,
};
