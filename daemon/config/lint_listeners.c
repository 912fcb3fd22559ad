/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/lint_listeners.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/config/lint_walk.h"

/* ---- listeners-overlap --------------------------------------------------------------------- */

/* Every address of every server. */
struct place {
	const char *app, *server;
	size_t index;
	const char *text;
	struct address_range range;
};

struct places {
	const char *app;
	struct place *items;
	size_t count, size;
};

static void add_places(struct lint *l, const struct jnode *server)
{
	struct places *places = l->state;
	json_t *text;
	size_t i;

	json_array_foreach (json_object_get(server->value, "listen"), i, text) {
		struct place p = {.app = places->app,
		    .server = server->key,
		    .index = i,
		    .text = json_string_value(text)};

		if (!lint_address(text, &p.range) || !address_is_ip(p.range.first.network))
			continue;
		if (places->count == places->size) {
			places->size = places->size > 0 ? 2 * places->size : 16;
			places->items =
			    mem_realloc(places->items, places->size * sizeof(*places->items));
		}
		places->items[places->count++] = p;
	}
}

static void gather(struct lint *l, struct places *places)
{
	static const char *const apps[] = {"layer4", "http", NULL};
	size_t i;

	l->state = places;
	for (i = 0; apps[i] != NULL; i++) {
		places->app = apps[i];
		lint_servers(l, apps[i], add_places);
	}
	l->state = NULL;
}

static bool families_meet(const struct address *a, const struct address *b)
{
	int one = address_family(a), other = address_family(b);

	return one == AF_UNSPEC || other == AF_UNSPEC || one == other;
}

static bool is_any(const struct address *a)
{
	return a->host[0] == '\0';
}

/* One takes all addresses of the port, the other some of them; the same twice is refused. */
static bool overlap(const struct address_range *a, const struct address_range *b)
{
	return address_socket_type(a->first.network) == address_socket_type(b->first.network) &&
	       a->first.port <= b->last_port && b->first.port <= a->last_port &&
	       is_any(&a->first) != is_any(&b->first) && families_meet(&a->first, &b->first);
}

static struct jnode *place_node(const struct lint *l, const struct place *p, struct jnode nodes[6])
{
	nodes[0] = jnode_root(l->document);
	nodes[1] = jnode_member(&nodes[0], "apps");
	nodes[2] = jnode_member(&nodes[1], p->app);
	nodes[3] = jnode_member(&nodes[2], "servers");
	nodes[4] = jnode_member(&nodes[3], p->server);
	nodes[5] = jnode_member(&nodes[4], "listen");
	return &nodes[5];
}

static void compare(struct lint *l, const struct place *a, const struct place *b)
{
	const struct place *some = is_any(&a->range.first) ? b : a, *all = some == a ? b : a;
	struct jnode nodes[6], item;

	if ((strcmp(a->app, b->app) == 0 && strcmp(a->server, b->server) == 0) ||
	    !overlap(&a->range, &b->range))
		return;
	item = jnode_item(place_node(l, some, nodes), some->index);
	lint_tell(l, &item,
	    "%s is also within %s of the server '%s' (%s): clients that come to this address get "
	    "this server, all others that one",
	    some->text, all->text, all->server, all->app);
}

void lint_overlap(struct lint *l)
{
	struct places places = {0};
	size_t i, j;

	gather(l, &places);
	for (i = 0; i < places.count; i++)
		for (j = 0; j < i && lint_may_compare(l); j++)
			compare(l, &places.items[j], &places.items[i]);
	free(places.items);
}

/* ---- udp-forgotten ------------------------------------------------------------------------- */

enum transports { STREAMS = 1, DATAGRAMS = 2 };

/* 0: it is not known. */
static unsigned transports_of(struct lint *l, const json_t *server)
{
	struct address_range range;
	unsigned found = 0;
	json_t *text;
	size_t i;

	json_array_foreach (json_object_get(server, "listen"), i, text) {
		if (!lint_may_compare(l) || !lint_address(text, &range))
			return 0;
		found |= lint_is_datagrams(&range) ? DATAGRAMS : STREAMS;
	}
	return found;
}

/* Of matchers that never match over the other one. */
static unsigned transport_needed(const char *matcher)
{
	static const char *const of_streams[] = {
	    "http", "postgres", "rdp", "socks4", "socks5", "ssh", "tls", "xmpp", NULL};
	size_t i;

	if (strcmp(matcher, "quic") == 0 || strcmp(matcher, "wireguard") == 0)
		return DATAGRAMS;
	for (i = 0; of_streams[i] != NULL; i++)
		if (strcmp(matcher, of_streams[i]) == 0)
			return STREAMS;
	return 0;
}

static void check_matchers(struct lint *l, const struct jnode *route, unsigned have)
{
	struct jnode sets = jnode_member(route, "match");
	const char *name;
	json_t *value;
	size_t i;

	for (i = 0; i < json_array_size(sets.value); i++) {
		struct jnode set = jnode_item(&sets, i);

		json_object_foreach (set.value, name, value) {
			struct jnode matcher = jnode_member(&set, name);
			unsigned needed = transport_needed(name);

			if (needed == 0 || (needed & have) != 0)
				continue;
			lint_tell(l, &matcher,
			    "never matches: it looks at %s, and this server takes %s",
			    needed == DATAGRAMS ? "datagrams" : "streams",
			    needed == DATAGRAMS ? "none (an address that begins with udp/ would)"
						: "only datagrams");
		}
	}
}

static void udp_list(struct lint *l, const struct lint_list *list)
{
	unsigned have = transports_of(l, list->server.value);
	size_t i;

	for (i = 0; have != 0 && i < json_array_size(list->routes.value); i++) {
		struct jnode route = jnode_item(&list->routes, i);

		if (!lint_is_disabled(route.value))
			check_matchers(l, &route, have);
	}
}

/* Protocols of both, which clients speak over UDP first, at their own port. */
static const struct both {
	const char *matcher;
	unsigned port;
} both[] = {{"dns", 53}, {"openvpn", 1194}};

static bool has_port(const struct address_range *range, unsigned port)
{
	return range->first.port <= port && port <= range->last_port;
}

static bool server_has(
    struct lint *l, const struct jnode *server, int type, unsigned port, size_t *index)
{
	const struct places *places = l->state;
	size_t i;

	for (i = 0; i < places->count && lint_may_compare(l); i++) {
		const struct place *p = &places->items[i];

		if (address_socket_type(p->range.first.network) != type ||
		    !has_port(&p->range, port) ||
		    (server != NULL && strcmp(p->server, server->key) != 0))
			continue;
		*index = p->index;
		return true;
	}
	return false;
}

static bool asks_for(const json_t *routes, const char *matcher)
{
	json_t *route, *set;
	size_t i, j;

	json_array_foreach ((json_t *)routes, i, route)
		json_array_foreach (json_object_get(route, "match"), j, set)
			if (!lint_is_disabled(route) && json_object_get(set, matcher) != NULL)
				return true;
	return false;
}

static void both_server(struct lint *l, const struct jnode *server)
{
	struct jnode listen = jnode_member(server, "listen"), item;
	size_t i, index, other;

	for (i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		if (!asks_for(json_object_get(server->value, "routes"), both[i].matcher) ||
		    !server_has(l, server, SOCK_STREAM, both[i].port, &index) ||
		    server_has(l, NULL, SOCK_DGRAM, both[i].port, &other))
			continue;
		item = jnode_item(&listen, index);
		lint_tell(l, &item,
		    "nothing listens on port %u over UDP, over which most clients of %s come",
		    both[i].port, both[i].matcher);
	}
}

void lint_udp_forgotten(struct lint *l)
{
	static const struct lint_visitor visitor = {.list = udp_list};
	struct places places = {0};

	lint_walk(l, &visitor);
	places.app = "layer4";
	l->state = &places;
	lint_servers(l, "layer4", add_places);
	lint_servers(l, "layer4", both_server);
	l->state = NULL;
	free(places.items);
}

/* ---- proxy-loop ---------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       strncmp(host, "127.", 4) == 0;
}

/* Does what is dialled come in at this address? A name may be one of ours: nobody asks. */
static bool comes_back(const struct address *dial, const struct address_range *listen)
{
	if (address_socket_type(dial->network) != address_socket_type(listen->first.network))
		return false;
	if (!address_is_ip(dial->network) || !address_is_ip(listen->first.network))
		return dial->network == listen->first.network &&
		       strcmp(dial->host, listen->first.host) == 0;
	return has_port(listen, dial->port) &&
	       (is_any(&listen->first) ? is_loopback(dial->host)
				       : strcmp(listen->first.host, dial->host) == 0);
}

static void loop_dial(struct lint *l, const struct lint_place *p, const struct jnode *dial)
{
	const json_t *listen = json_object_get(p->list->server.value, "listen");
	const char *text = json_string_value(dial->value);
	struct address_range target, range;
	struct error none;
	json_t *address;
	size_t i;

	if (text == NULL || strchr(text, '{') != NULL ||
	    address_parse_dial(text, &target, &none) == -1)
		return;
	json_array_foreach ((json_t *)listen, i, address) {
		if (!lint_may_compare(l) || !lint_address(address, &range) ||
		    !comes_back(&target.first, &range))
			continue;
		lint_tell(l, dial,
		    "is an address of this very server (%s): connections come back to it, round "
		    "and round until descriptors run out",
		    json_string_value(address));
		return;
	}
}

/* What comes back as other bytes may be for another route. */
static bool changes_bytes(const struct lint_place *p)
{
	const char *name;
	size_t i;

	for (i = 0; i < p->index; i++) {
		name = lint_handler_name(json_array_get(p->chain.value, i));
		if (strcmp(name, "tls") == 0 || strcmp(name, "postgres_tls") == 0 ||
		    strcmp(name, "proxy_protocol") == 0)
			return true;
	}
	return json_object_get(p->handler.value, "proxy_protocol") != NULL;
}

static void loop_handler(struct lint *l, const struct lint_place *p)
{
	struct jnode upstreams = jnode_member(&p->handler, "upstreams");
	size_t i, j;

	if (strcmp(p->name, "proxy") != 0 || changes_bytes(p))
		return;
	for (i = 0; i < json_array_size(upstreams.value); i++) {
		struct jnode upstream = jnode_item(&upstreams, i);
		struct jnode dials = jnode_member(&upstream, "dial");

		if (json_object_get(upstream.value, "tls") != NULL)
			continue;
		for (j = 0; j < json_array_size(dials.value); j++) {
			struct jnode dial = jnode_item(&dials, j);

			loop_dial(l, p, &dial);
		}
	}
}

void lint_loop(struct lint *l)
{
	static const struct lint_visitor visitor = {.handler = loop_handler};

	lint_walk(l, &visitor);
}
