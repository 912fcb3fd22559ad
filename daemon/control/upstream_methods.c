/* SPDX-License-Identifier: BSD-2-Clause */
/* upstream.ls, .show, .health: the upstreams of the proxy handlers of layer4 routes. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/duration.h"
#include "daemon/config/holder.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/core/events.h"
#include "daemon/net/address.h"
#include "daemon/upstream/peer.h"

#define NAME_MAX_SIZE 300

/* ---- finding -------------------------------------------------------------------------------- */

static bool is_proxy(const json_t *handler)
{
	const char *name = json_string_value(json_object_get(handler, "handler"));

	return name != NULL && strcmp(name, "proxy") == 0;
}

/* Where the nth upstream of a route is: counted through its proxy handlers, subroutes, branches. */
struct spot {
	const json_t *upstream;
	const json_t *handler; /* that it belongs to */
	size_t proxy;          /* which proxy handler it belongs to */
	size_t proxies;        /* how many of them were seen */
	size_t left;           /* upstreams to pass */
};

static void search(const json_t *chain, struct spot *p)
{
	json_t *handler, *inner, *list;
	size_t i, j, count;

	json_array_foreach (chain, i, handler) {
		json_array_foreach (json_object_get(handler, "routes"), j, inner)
			search(json_object_get(inner, "handle"), p);
		search(json_object_get(handler, "branch"), p);
		if (!is_proxy(handler))
			continue;
		list = json_object_get(handler, "upstreams");
		count = json_array_size(list);
		if (p->upstream == NULL && p->left < count) {
			p->upstream = json_array_get(list, p->left);
			p->handler = handler;
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

static uint64_t number_of(const json_t *object, const char *key, uint64_t fallback)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number > 0 ? (uint64_t)number : fallback;
}

/* Calls visit for each peer of the upstream; an address that is found at use has none here. */
static void each_peer(
    const json_t *upstream, void (*visit)(void *arg, struct peer *peer), void *arg)
{
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
		visit(arg, peer);
		peer_unref(peer);
	}
}

/* What all its peers come to. */
struct sum {
	uint64_t limit; /* of each, 0: none */
	int64_t most, within;
	uint64_t connections, dials, failures;
	size_t peers, healthy, usable;
	enum peer_force force;
};

static void add_peer(void *arg, struct peer *peer)
{
	struct sum *sum = arg;
	enum peer_force force = peer_forced(peer);
	bool healthy =
	    atomic_load(&peer->down) == 0 && !peer_is_failing(peer, (size_t)sum->most, sum->within);
	bool usable = force == PEER_AUTO ? healthy : force == PEER_UP;

	sum->peers++;
	sum->healthy += healthy;
	sum->usable += usable && peer_has_room(peer, sum->limit);
	sum->force = force;
	sum->connections += atomic_load(&peer->connections);
	sum->dials += atomic_load(&peer->dials);
	sum->failures += atomic_load(&peer->failures);
}

/* A duration as documents have it: nanoseconds, or a text. */
static int64_t duration_of(const json_t *value)
{
	int64_t ns = 0;

	if (json_is_string(value) && duration_parse(json_string_value(value), &ns))
		return ns;
	return json_integer_value(value);
}

static void sum_up(const struct spot *p, struct sum *sum)
{
	const json_t *passive =
	    json_object_get(json_object_get(p->handler, "health_checks"), "passive");
	json_int_t most = json_integer_value(json_object_get(passive, "max_fails"));

	memset(sum, 0, sizeof(*sum));
	sum->within = duration_of(json_object_get(passive, "fail_duration"));
	sum->most = sum->within == 0 ? 0 : most > 0 ? most : 1;
	sum->limit = number_of(p->upstream, "max_connections", 0);
	if (sum->limit == 0)
		sum->limit = number_of(passive, "unhealthy_connection_count", 0);
	each_peer(p->upstream, add_peer, sum);
}

static const char *const forces[] = {
    [PEER_AUTO] = "auto", [PEER_UP] = "up", [PEER_DOWN] = "down", NULL};

/* Does anybody look at its health? */
static bool is_checked(const struct spot *p, const struct sum *sum)
{
	const json_t *checks = json_object_get(p->handler, "health_checks");

	return sum->peers > 0 &&
	       (json_is_object(json_object_get(checks, "active")) || sum->most > 0);
}

static const char *effective(const struct sum *sum, bool disabled)
{
	if (disabled)
		return sum->connections > 0 ? "draining" : "disabled";
	if (sum->peers == 0 || sum->usable > 0)
		return "up";
	return sum->force != PEER_DOWN && (sum->healthy > 0 || sum->force == PEER_UP) ? "full"
										      : "down";
}

/* Its three states, and what is counted. */
static void pack_states(struct pack_box *map, const struct spot *p)
{
	bool disabled = json_is_true(json_object_get(p->upstream, "disabled"));
	struct sum sum;

	sum_up(p, &sum);
	pack_str(pack_key(map, "admin"), disabled ? "disabled" : "enabled");
	pack_str(pack_key(map, "health"), !is_checked(p, &sum) ? "unchecked"
					  : sum.healthy > 0    ? "up"
							       : "down");
	pack_str(pack_key(map, "forced"), forces[sum.force]);
	pack_str(pack_key(map, "effective"), effective(&sum, disabled));
	pack_u64(pack_key(map, "connections"), sum.connections);
	pack_u64(pack_key(map, "dials"), sum.dials);
	pack_u64(pack_key(map, "failures"), sum.failures);
}

static void add_address(void *arg, struct peer *peer)
{
	rows_text(pack_item(arg), peer->address);
}

/* Its peers as conn.ls has them in "upstream". */
static void pack_peers(struct pack *pack, const json_t *upstream)
{
	struct pack_box list;

	pack_array_open(pack, &list);
	each_peer(upstream, add_address, &list);
	pack_close(&list);
}

/* route and proxy: what names them. */
static void pack_upstream(struct pack_box *map, const char *server, const char *route,
    const char *proxy, const struct spot *p)
{
	rows_text(pack_key(map, "name"), upstream_name(p->upstream));
	rows_text(pack_key(map, "id"), edit_id(p->upstream));
	rows_texts(pack_key(map, "dial"), json_object_get(p->upstream, "dial"));
	pack_peers(pack_key(map, "peers"), p->upstream);
	rows_text(pack_key(map, "route"), route);
	rows_text(pack_key(map, "proxy"), proxy);
	rows_text(pack_key(map, "server"), server);
	pack_u64(pack_key(map, "weight"), number_of(p->upstream, "weight", 1));
	pack_u64(pack_key(map, "max_connections"), number_of(p->upstream, "max_connections", 0));
	pack_states(map, p);
}

static void pack_spot(struct pack_box *map, const struct route *route, const struct spot *p)
{
	char proxy[NAME_MAX_SIZE];

	if (p->proxies > 1)
		snprintf(proxy, sizeof(proxy), "%s/proxy[%zu]", route->name, p->proxy);
	else
		snprintf(proxy, sizeof(proxy), "%s", route->name);
	pack_upstream(map, route->server, route->name, proxy, p);
}

/* ---- ls ------------------------------------------------------------------------------------- */

static bool next_upstream(struct rows *rows, struct pack_box *items)
{
	const struct instance *in = rows->instance;
	struct pack_box map;

	for (; rows->list < in->table_count; rows->list++, rows->item = 0) {
		const struct route_list *routes = in->tables[rows->list]->routes;

		for (; rows->item < routes->count; rows->item++, rows->inner = 0) {
			const struct route *route = routes->items[rows->item];
			struct spot p = {.left = rows->inner};

			search(json_object_get(route->json, "handle"), &p);
			if (p.upstream == NULL)
				continue;
			rows->inner++;
			pack_map_open(pack_item(items), &map);
			pack_spot(&map, route, &p);
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

/* What args name: proxy handler and upstream. */
struct named {
	struct spot spot; /* upstream and handler alone */
	char proxy[NAME_MAX_SIZE], route[NAME_MAX_SIZE], server[HOLDER_NAME_MAX];
};

static int find_in(
    const struct instance *in, const char *name, struct named *out, struct error *err)
{
	struct edit *edit = edit_new(in);
	struct holders h;
	struct way way;
	int rc = way_proxy(edit, out->proxy, &way, err);

	if (rc == 0) {
		out->spot.handler = way.value;
		rc = way_upstream(edit, out->proxy, name, &way, err);
	}
	if (rc == 0) {
		out->spot.upstream = way.value;
		snprintf(out->route, sizeof(out->route), "%.*s", (int)edit_proxy_route(out->proxy),
		    out->proxy);
		holders_of(&h, in->document, &way);
		holder_server(&h, out->server);
	}
	edit_free(edit);
	return rc;
}

/* The JSON in out is that of the document in force. */
static int find(const struct argument *args, struct named *out, struct error *err)
{
	const struct instance *in = instance_current();
	char name[NAME_MAX_SIZE];

	memset(out, 0, sizeof(*out));
	if (in == NULL)
		return error_set(err, ERROR_NOT_FOUND, "no document is in force");
	if (args[0].text.n >= sizeof(out->proxy) || args[1].text.n >= sizeof(name))
		return error_set(err, ERROR_NOT_FOUND, "no upstream has so long a name");
	memcpy(out->proxy, args[0].text.p, args[0].text.n);
	snprintf(name, sizeof(name), "%.*s", (int)args[1].text.n, (const char *)args[1].text.p);
	return find_in(in, name, out, err);
}

static void pack_named(struct call *call, const struct named *named)
{
	pack_upstream(call_result(call), named->server, named->route, named->proxy, &named->spot);
}

static void run_show(struct call *call, const struct argument *args)
{
	struct named named;
	struct error err;

	if (find(args, &named, &err) == -1) {
		call_fail(call, &err);
		return;
	}
	pack_named(call, &named);
	call_finish(call);
}

const struct method method_upstream_show = {
    .name = CONTROL_UPSTREAM_SHOW,
    .help = "one upstream",
    .level = LEVEL_OBSERVE,
    .params = show_params,
    .run = run_show,
};

/* ---- health --------------------------------------------------------------------------------- */

static const struct param health_params[] = {
    {.name = "proxy", .type = PARAM_TEXT, .required = true, .help = "ROUTE or ROUTE/proxy[1]"},
    {.name = "id", .type = PARAM_TEXT, .required = true, .help = "its @id or first address"},
    {.name = "state", .type = PARAM_TEXT, .required = true, .help = "auto, up or down"},
    {.name = NULL},
};

/* What to make of each peer, and on whose word. */
struct forcing {
	enum peer_force force;
	char who[CALL_WHO_MAX];
};

static void force_peer(void *arg, struct peer *peer)
{
	const struct forcing *f = arg;
	struct event e = {
	    .type = EVENT_UPSTREAM_FORCED,
	    .who = span_str(f->who),
	    .forced = span_str(forces[f->force]),
	};

	if (atomic_exchange(&peer->force, (int)f->force) == (int)f->force)
		return;
	e.row.upstream = span_str(peer->address);
	events_publish(&e);
}

static int parse_force(struct span text, enum peer_force *out, struct error *err)
{
	char word[32];
	size_t i;

	for (i = 0; forces[i] != NULL; i++) {
		if (span_eq_str(text, forces[i])) {
			*out = (enum peer_force)i;
			return 0;
		}
	}
	snprintf(word, sizeof(word), "%.*s", (int)text.n, (const char *)text.p);
	error_choice(err, word, forces);
	return error_at(err, "state");
}

static void run_health(struct call *call, const struct argument *args)
{
	struct forcing forcing;
	struct named named;
	struct error err;

	if (parse_force(args[2].text, &forcing.force, &err) == -1 ||
	    find(args, &named, &err) == -1) {
		call_fail(call, &err);
		return;
	}
	call_who(call, forcing.who);
	each_peer(named.spot.upstream, force_peer, &forcing);
	pack_named(call, &named);
	call_finish(call);
}

const struct method method_upstream_health = {
    .name = CONTROL_UPSTREAM_HEALTH,
    .help = "say what an upstream's health is, against what checks say",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = health_params,
    .run = run_health,
};
