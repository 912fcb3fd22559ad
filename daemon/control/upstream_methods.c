/* SPDX-License-Identifier: BSD-2-Clause */
/* upstream.ls, upstream.show: the upstreams of the proxy handlers of layer4 routes. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "daemon/config/edit_way.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/net/address.h"
#include "daemon/upstream/peer.h"

#define NAME_MAX_SIZE 300

/* ---- finding -------------------------------------------------------------------------------- */

static bool is_proxy(const json_t *handler)
{
	const char *name = json_string_value(json_object_get(handler, "handler"));

	return name != NULL && strcmp(name, "proxy") == 0;
}

/* Where the nth upstream of a route is: counted through its proxy handlers and subroutes. */
struct spot {
	const json_t *upstream;
	size_t proxy;   /* which proxy handler it belongs to */
	size_t proxies; /* how many of them were seen */
	size_t left;    /* upstreams to pass */
};

static void search(const json_t *route, struct spot *p)
{
	json_t *handler, *inner, *list;
	size_t i, j, count;

	json_array_foreach (json_object_get(route, "handle"), i, handler) {
		json_array_foreach (json_object_get(handler, "routes"), j, inner)
			search(inner, p);
		if (!is_proxy(handler))
			continue;
		list = json_object_get(handler, "upstreams");
		count = json_array_size(list);
		if (p->upstream == NULL && p->left < count) {
			p->upstream = json_array_get(list, p->left);
			p->proxy = p->proxies;
		} else if (p->upstream == NULL) {
			p->left -= count;
		}
		p->proxies++;
	}
}

/* ---- packing -------------------------------------------------------------------------------- */

static const char *upstream_name(const json_t *upstream)
{
	const char *id = edit_id(upstream);

	return id != NULL ? id
			  : json_string_value(json_array_get(json_object_get(upstream, "dial"), 0));
}

static void pack_number(
    struct pack *pack, const json_t *upstream, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(upstream, key);
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;

	pack_u64(pack, (uint64_t)(number > 0 ? number : fallback));
}

/* What is counted of all its peers; those whose address is found at use have no peer here. */
static void pack_counters(struct pack_box *map, const json_t *upstream)
{
	uint64_t connections = 0, dials = 0, failures = 0;
	struct address_range range;
	char text[ADDRESS_TEXT_MAX];
	struct error none;
	struct peer *peer;
	json_t *dial;
	size_t i;

	json_array_foreach (json_object_get(upstream, "dial"), i, dial) {
		if (address_parse_dial(json_string_value(dial), &range, &none) == -1)
			continue;
		peer = peer_get(address_text(&range.first, text));
		connections += atomic_load(&peer->connections);
		dials += atomic_load(&peer->dials);
		failures += atomic_load(&peer->failures);
		peer_unref(peer);
	}
	pack_u64(pack_key(map, "connections"), connections);
	pack_u64(pack_key(map, "dials"), dials);
	pack_u64(pack_key(map, "failures"), failures);
}

static void pack_upstream(
    struct pack_box *map, const char *server, const struct route *route, const struct spot *p)
{
	char proxy[NAME_MAX_SIZE];

	if (p->proxies > 1)
		snprintf(proxy, sizeof(proxy), "%s/proxy[%zu]", route->name, p->proxy);
	else
		snprintf(proxy, sizeof(proxy), "%s", route->name);
	rows_text(pack_key(map, "name"), upstream_name(p->upstream));
	rows_text(pack_key(map, "id"), edit_id(p->upstream));
	rows_texts(pack_key(map, "dial"), json_object_get(p->upstream, "dial"));
	rows_text(pack_key(map, "route"), route->name);
	rows_text(pack_key(map, "proxy"), proxy);
	rows_text(pack_key(map, "server"), server);
	pack_number(pack_key(map, "weight"), p->upstream, "weight", 1);
	pack_number(pack_key(map, "max_connections"), p->upstream, "max_connections", 0);
	pack_bool(
	    pack_key(map, "disabled"), json_is_true(json_object_get(p->upstream, "disabled")));
	pack_counters(map, p->upstream);
}

/* ---- ls ------------------------------------------------------------------------------------- */

static bool next_upstream(struct rows *rows, struct pack_box *items)
{
	const struct instance *in = rows->instance;
	struct pack_box map;

	for (; rows->server < in->server_count; rows->server++, rows->item = 0) {
		const struct server *server = in->servers[rows->server];

		for (; rows->item < server->routes.count; rows->item++, rows->inner = 0) {
			const struct route *route = server->routes.items[rows->item];
			struct spot p = {.left = rows->inner};

			search(route->json, &p);
			if (p.upstream == NULL)
				continue;
			rows->inner++;
			pack_map_open(pack_item(items), &map);
			pack_upstream(&map, server->name, route, &p);
			pack_close(&map);
			return true;
		}
	}
	return false;
}

static void run_ls(struct call *call, const struct argument *args)
{
	(void)args;
	rows_start(call, next_upstream);
}

const struct method method_upstream_ls = {
    .name = CONTROL_UPSTREAM_LS,
    .help = "the upstreams of all proxy handlers",
    .level = LEVEL_OBSERVE,
    .run = run_ls,
};

/* ---- show ----------------------------------------------------------------------------------- */

static const struct param show_params[] = {
    {.name = "proxy", .type = PARAM_TEXT, .required = true, .help = "ROUTE or ROUTE/proxy[1]"},
    {.name = "id", .type = PARAM_TEXT, .required = true, .help = "its @id or first address"},
    {.name = NULL},
};

/* Is it what proxy names: the route by id or handle, and which of its proxies? */
static bool names_proxy(struct span wanted, const struct route *route, const struct spot *p)
{
	char text[NAME_MAX_SIZE], handle[32];
	const char *names[] = {route->name, handle};
	size_t i;

	snprintf(handle, sizeof(handle), "#%llu", (unsigned long long)route->identity->handle);
	for (i = 0; i < 2; i++) {
		if (p->proxies == 1 && span_eq_str(wanted, names[i]))
			return true;
		snprintf(text, sizeof(text), "%s/proxy[%zu]", names[i], p->proxy);
		if (span_eq_str(wanted, text))
			return true;
	}
	return false;
}

static bool pack_wanted(struct call *call, const struct server *server, const struct argument *args)
{
	size_t i, n;

	for (i = 0; i < server->routes.count; i++) {
		const struct route *route = server->routes.items[i];

		for (n = 0;; n++) {
			struct spot p = {.left = n};

			search(route->json, &p);
			if (p.upstream == NULL)
				break;
			if (!names_proxy(args[0].text, route, &p))
				continue;
			if (upstream_name(p.upstream) == NULL ||
			    !span_eq_str(args[1].text, upstream_name(p.upstream)))
				continue;
			pack_upstream(call_result(call), server->name, route, &p);
			return true;
		}
	}
	return false;
}

static void run_show(struct call *call, const struct argument *args)
{
	const struct instance *in = instance_current();
	struct error err;
	size_t i;

	for (i = 0; in != NULL && i < in->server_count; i++) {
		if (pack_wanted(call, in->servers[i], args)) {
			call_finish(call);
			return;
		}
	}
	error_set(&err, ERROR_NOT_FOUND, "'%.*s' has no upstream '%.*s'",
	    (int)(args[0].text.n < ROW_TEXT_MAX ? args[0].text.n : ROW_TEXT_MAX),
	    (const char *)args[0].text.p,
	    (int)(args[1].text.n < ROW_TEXT_MAX ? args[1].text.n : ROW_TEXT_MAX),
	    (const char *)args[1].text.p);
	call_fail(call, &err);
}

const struct method method_upstream_show = {
    .name = CONTROL_UPSTREAM_SHOW,
    .help = "one upstream",
    .level = LEVEL_OBSERVE,
    .params = show_params,
    .run = run_show,
};
