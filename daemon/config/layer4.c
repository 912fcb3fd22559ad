/* SPDX-License-Identifier: BSD-2-Clause */
/* The app "layer4": servers, their listeners and their routes. */
#include <config.h>

#include "daemon/config/layer4.h"

#include <string.h>
#include <jansson.h>

#include "common/duration.h"
#include "daemon/config/edit.h"
#include "daemon/config/reuse.h"
#include "daemon/config/transports.h"
#include "daemon/core/load.h"
#include "daemon/core/route.h"
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
    FIELD_CUSTOM(struct server, routes, "routes", 0, load_routes, "the routes, asked in order"),
    FIELD_END,
};

/* identity NULL: a new one. */
static struct route *compile_route(struct load *load, const struct jnode *node, const char *server,
    struct route_identity *identity, struct error *err)
{
	struct arena *outer = load->arena;
	struct route *route = route_new(node->value, server, identity);
	int rc;

	load->arena = route->arena;
	rc = route_load(load, node, route, err);
	load->arena = outer;
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

static struct route *share_or_compile(struct load *load, const struct jnode *node,
    const char *server, struct reuse *reuse, struct error *err)
{
	const json_t *origin = load->edit != NULL ? edit_origin(load->edit, node->value) : NULL;
	struct route *route = origin != NULL ? reuse_same(reuse, origin) : NULL;

	if (route != NULL && json_equal(route->json, node->value))
		return route_ref(route);
	if (route == NULL) {
		route = reuse_equal(reuse, node->value);
		if (route != NULL)
			return route_ref(route);
		route = reuse_id(reuse, node->value);
	}
	if (route == NULL)
		return compile_route(load, node, server, NULL, err);
	return compile_route(load, node, server, route->identity, err);
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
	size_t i;

	for (i = 0; i < list->count; i++) {
		struct route *route = reuse_same(reuse, json_array_get(node->value, i));

		list->items[i] = route != NULL ? route_ref(route) : NULL;
	}
	for (i = 0; i < list->count; i++) {
		struct jnode item = jnode_item(node, i);

		if (list->items[i] != NULL)
			continue;
		list->items[i] = share_or_compile(load, &item, server, reuse, err);
		if (list->items[i] == NULL)
			return -1;
	}
	return 0;
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

static int load_server(struct load *load, const struct jnode *node, struct error *err)
{
	struct server *server = arena_alloc(load->arena, sizeof(*server));

	if (jnode_object(node, err) == -1)
		return -1;
	server->name = arena_strdup(load->arena, node->key);
	if (fields_load(server_fields, load, node, NULL, load->arena, server, err) == -1 ||
	    route_list_finish(load, node, &server->routes, err) == -1 ||
	    transports_check(node, server, err) == -1)
		return -1;
	if (server->idle_timeout == 0) /* as in the reference */
		server->idle_timeout = IDLE_TIMEOUT_DEFAULT;
	return instance_add_server(load, server, err);
}

static int load_app(struct load *load, const struct jnode *app, struct error *err)
{
	static const char *const known[] = {"servers", "@id", NULL};
	struct jnode servers;
	const char *name;
	json_t *value;

	if (app->value == NULL)
		return 0;
	if (jnode_object(app, err) == -1 || jnode_known(app, known, err) == -1)
		return -1;
	servers = jnode_member(app, "servers");
	if (servers.value == NULL)
		return 0;
	if (jnode_object(&servers, err) == -1)
		return -1;
	json_object_foreach (servers.value, name, value) {
		struct jnode node = jnode_member(&servers, name);

		if (load_server(load, &node, err) == -1)
			return -1;
	}
	return 0;
}

static void published(struct instance *instance)
{
	health_published(instance);
}

const struct app_type app_layer4 = {
    .name = "layer4",
    .help = "servers that route connections by what they say and where they come from",
    .load = load_app,
    .published = published,
};
