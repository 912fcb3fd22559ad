/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/concern_item.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/config/edit_way.h"
#include "daemon/config/holder.h"
#include "daemon/core/listener.h"
#include "daemon/net/address.h"

static int compare_routes(const void *a, const void *b)
{
	const struct route *const *x = a, *const *y = b;

	if ((*x)->identity == (*y)->identity)
		return 0;
	return (*x)->identity < (*y)->identity ? -1 : 1;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_routes(struct concern *c, const struct route_list *list)
{
	struct route **all = arena_array(c->arena, c->route_count + list->count, sizeof(*all));
	size_t i;

	if (c->route_count > 0)
		memcpy(all, c->routes, c->route_count * sizeof(*all));
	for (i = 0; i < list->count; i++)
		all[c->route_count++] = route_ref(list->items[i]);
	c->routes = all;
}

/* What the top-level route that way leads to or into is in base; NULL: it was not there. */
static struct route *base_route(const struct instance *base, struct edit *e, const struct way *way)
{
	const struct route_table *table;
	char name[HOLDER_NAME_MAX];
	const json_t *route;
	struct holders h;
	size_t i;

	holders_of(&h, edit_document(e), way);
	table = instance_table(base, holder_name(&h, name));
	if (table == NULL)
		return NULL;
	way_key(&h.way, "routes");
	way_index(&h.way, way->steps[h.way.count].index);
	route = edit_origin(e, h.way.value);
	for (i = 0; i < table->routes->count; i++)
		if (json_array_get(table->json, i) == route)
			return table->routes->items[i];
	return NULL;
}

/* The top-level route that is named, or has the one in it that is. */
static void look_at_route(struct concern *c, const struct instance *base, struct edit *e)
{
	const char *name = c->op->proxy != NULL ? c->op->proxy : c->op->id;
	size_t length = c->op->proxy != NULL ? edit_proxy_route(name) : strlen(name);
	struct route_list one = {.count = 1};
	struct route *route;
	struct error none;
	struct way way;

	name = arena_strndup(c->arena, name, length);
	if (way_route(e, name, &way, &none) == -1)
		return;
	route = base_route(base, e, &way);
	one.items = &route;
	if (route != NULL)
		add_routes(c, &one);
}

/* Its own list, or, of an HTTP server, several. */
static void look_at_server(struct concern *c, const struct instance *base)
{
	size_t i;

	for (i = 0; i < base->table_count; i++)
		if (strcmp(base->tables[i]->server, c->op->name) == 0)
			add_routes(c, base->tables[i]->routes);
}

/* As connections have it, however it was written; what is expanded at use stays as it is. */
static const char *peer_text(const char *dial, char out[ADDRESS_TEXT_MAX])
{
	struct address_range range;
	struct error none;

	return address_parse_dial(dial, &range, &none) == 0 ? address_text(&range.first, out)
							    : dial;
}

/* A destination that goes; not one that a swap names again. */
static void add_peer(void *arg, const char *dial)
{
	struct concern *c = arg;
	char text[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];
	const char **more;
	size_t i;

	dial = peer_text(dial, text);
	for (i = 0; i < c->op->dial.count; i++)
		if (strcmp(peer_text(c->op->dial.items[i], other), dial) == 0)
			return;
	more = arena_array(c->arena, c->peer_count + 1, sizeof(*more));
	for (i = 0; i < c->peer_count; i++)
		more[i] = c->peers[i];
	more[c->peer_count++] = arena_strdup(c->arena, dial);
	c->peers = more;
}

static unsigned count_addresses(const char *listen)
{
	struct address_range range;
	struct error none;

	return address_parse_listen(listen, &range, &none) == 0 ? address_range_count(&range) : 0;
}

/* There is room for them. To be sorted afterwards. */
static void add_listeners(struct concern *c, const char *listen)
{
	struct address_range range;
	struct address address;
	char text[ADDRESS_TEXT_MAX];
	struct error none;
	unsigned i;

	if (address_parse_listen(listen, &range, &none) == -1)
		return;
	for (i = 0; i < address_range_count(&range); i++) {
		address = address_range_at(&range, i);
		c->listeners[c->listener_count++] =
		    arena_strdup(c->arena, address_text(&address, text));
	}
}

static void look_at_listener(struct concern *c)
{
	unsigned count = count_addresses(c->op->address);

	c->listeners = arena_array(c->arena, count, sizeof(*c->listeners));
	add_listeners(c, c->op->address);
}

static void sort(struct concern *c)
{
	if (c->route_count > 0)
		qsort(c->routes, c->route_count, sizeof(*c->routes), compare_routes);
	if (c->listener_count > 0)
		qsort(c->listeners, c->listener_count, sizeof(*c->listeners), compare_texts);
}

static bool is_of_route(const char *operation)
{
	static const char *const names[] = {
	    "route.disable", "route.replace", "route.rm", "route.set"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(operation, names[i]) == 0)
			return true;
	return false;
}

static void look_at_upstreams(struct concern *c, const struct instance *base, struct edit *e)
{
	struct error none;

	look_at_route(c, base, e);
	edit_upstream_dials(e, c->op->proxy, c->op->id, add_peer, c, &none);
}

void concern_look(struct concern *c, const struct instance *base, struct edit *e)
{
	const char *name = c->op->type->name;

	if (is_of_route(name)) {
		look_at_route(c, base, e);
	} else if (strcmp(name, "route.enable") == 0) {
		c->calls_off = "route.disable";
		look_at_route(c, base, e);
	} else if (strcmp(name, "upstream.enable") == 0) {
		c->calls_off = "upstream.disable";
		look_at_upstreams(c, base, e);
	} else if (strcmp(name, "upstream.rm") == 0 || strcmp(name, "upstream.swap") == 0 ||
		   strcmp(name, "upstream.disable") == 0) {
		c->by_peer = true;
		look_at_upstreams(c, base, e);
	} else if (strcmp(name, "server.rm") == 0) {
		look_at_server(c, base);
	} else if (strcmp(name, "listener.rm") == 0) {
		look_at_listener(c);
	}
	sort(c);
}

void concern_look_at_routes(struct concern *c, const struct instance *base)
{
	const struct route_list *list;
	size_t i, j, count = 0;

	for (i = 0; i < base->table_count; i++)
		count += base->tables[i]->routes->count;
	c->routes = arena_array(c->arena, count, sizeof(*c->routes));
	for (i = 0; i < base->table_count; i++) {
		list = base->tables[i]->routes;
		for (j = 0; j < list->count; j++)
			c->routes[c->route_count++] = route_ref(list->items[j]);
	}
	sort(c);
}

void concern_look_at_listeners(struct concern *c, const struct instance *base)
{
	size_t i, j, count = 0;

	for (i = 0; i < base->server_count; i++)
		for (j = 0; j < base->servers[i]->listen.count; j++)
			count += count_addresses(base->servers[i]->listen.items[j]);
	c->listeners = arena_array(c->arena, count, sizeof(*c->listeners));
	for (i = 0; i < base->server_count; i++)
		for (j = 0; j < base->servers[i]->listen.count; j++)
			add_listeners(c, base->servers[i]->listen.items[j]);
	sort(c);
}

static void spare_routes(struct concern *c, const struct concern *next)
{
	size_t i, kept = 0;

	for (i = 0; i < c->route_count; i++) {
		struct route **same = bsearch(&c->routes[i], next->routes, next->route_count,
		    sizeof(*next->routes), compare_routes);

		if (same != NULL && *same == c->routes[i])
			route_unref(c->routes[i]);
		else
			c->routes[kept++] = c->routes[i];
	}
	c->route_count = kept;
}

static void spare_listeners(struct concern *c, const struct concern *next)
{
	size_t i, kept = 0;

	for (i = 0; i < c->listener_count; i++)
		if (bsearch(&c->listeners[i], next->listeners, next->listener_count,
			sizeof(*next->listeners), compare_texts) == NULL)
			c->listeners[kept++] = c->listeners[i];
	c->listener_count = kept;
}

void concern_spare(struct concern *c, const struct instance *next)
{
	struct concern there = {.arena = arena_new(4096)};

	if (c->route_count > 0)
		concern_look_at_routes(&there, next);
	if (c->listener_count > 0)
		concern_look_at_listeners(&there, next);
	if (there.route_count > 0)
		spare_routes(c, &there);
	if (there.listener_count > 0)
		spare_listeners(c, &there);
	concern_fini(&there);
	arena_free(there.arena);
}

void concern_fini(struct concern *c)
{
	size_t i;

	for (i = 0; i < c->route_count; i++)
		route_unref(c->routes[i]);
}

/* ---- who they are --------------------------------------------------------------------------- */

bool concern_is_empty(const struct concern *c)
{
	return c->route_count == 0 && c->listener_count == 0;
}

static bool has_peer(const struct concern *c, const struct conn *conn)
{
	size_t i;

	for (i = 0; conn->upstream != NULL && i < c->peer_count; i++)
		if (strcmp(c->peers[i], conn->upstream) == 0)
			return true;
	return false;
}

static bool is_on_route(const struct concern *c, const struct conn *conn)
{
	const struct route *route = conn->route;

	return route != NULL && c->route_count > 0 &&
	       bsearch(&route, c->routes, c->route_count, sizeof(route), compare_routes) != NULL;
}

bool concern_has(const struct concern *c, const struct conn *conn, uint64_t revision)
{
	const char *address = conn->listener->address;

	if (c->calls_off != NULL)
		return false;
	if (c->listener_count > 0)
		return bsearch(&address, c->listeners, c->listener_count, sizeof(address),
			   compare_texts) != NULL;
	if (!is_on_route(c, conn) || conn->route->revision > revision)
		return false;
	return !c->by_peer || has_peer(c, conn);
}

bool concern_undoes(const struct concern *c, const struct concern *drain)
{
	size_t i;

	if (drain->op == NULL || strcmp(drain->op->type->name, c->calls_off) != 0 ||
	    c->route_count == 0 || drain->route_count == 0 ||
	    compare_routes(c->routes, drain->routes) != 0 || c->peer_count != drain->peer_count)
		return false;
	if (c->peer_count == 0) /* one of several routes in it, perhaps */
		return strcmp(c->op->id, drain->op->id) == 0;
	for (i = 0; i < c->peer_count; i++)
		if (strcmp(c->peers[i], drain->peers[i]) != 0)
			return false;
	return true;
}
