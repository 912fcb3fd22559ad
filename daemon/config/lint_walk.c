/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/lint_walk.h"

#include <stdarg.h>
#include <string.h>

#include "common/buf.h"
#include "common/netaddr.h"
#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"
#include "daemon/input/places.h"

#define PATH_SIZE 1024

/* ---- telling ------------------------------------------------------------------------------- */

void lint_tell(struct lint *l, const struct jnode *at, const char *format, ...)
{
	struct buf text = {0};
	char path[PATH_SIZE], place[PATH_SIZE];
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	json_array_append_new(l->findings,
	    json_pack("{s:s, s:s, s:s*, s:s, s:s}", "code", l->check->code, "path",
		jnode_path(at, path, sizeof(path)), "place", places_find(at, place, sizeof(place)),
		"message", buf_str(&text), "advice", l->check->advice));
	buf_fini(&text);
}

bool lint_may_compare(struct lint *l)
{
	struct jnode root = jnode_root(l->document);

	if (l->work == LINT_WORK_MAX)
		lint_tell(l, &root,
		    "the document is too large to compare all of its parts with one another; some "
		    "were not");
	if (l->work <= LINT_WORK_MAX)
		l->work++;
	return l->work <= LINT_WORK_MAX;
}

/* ---- walking ------------------------------------------------------------------------------- */

static void walk_list(struct lint *l, const struct lint_list *list);

static void walk_subroute(struct lint *l, const struct lint_place *place)
{
	struct lint_list inner = {
	    .outer = place->list,
	    .route = place->route,
	    .owner = place->handler,
	    .routes = jnode_member(&place->handler, "routes"),
	    .server = place->list->server,
	};

	walk_list(l, &inner);
}

static void walk_chain(struct lint *l, const struct lint_list *list, const struct jnode *route,
    const struct jnode *chain)
{
	size_t i;

	for (i = 0; i < json_array_size(chain->value); i++) {
		struct lint_place place = {
		    .list = list,
		    .route = *route,
		    .chain = *chain,
		    .handler = jnode_item(chain, i),
		    .index = i,
		};
		struct jnode branch = jnode_member(&place.handler, "branch");

		place.name = lint_handler_name(place.handler.value);
		if (l->visitor->handler != NULL)
			l->visitor->handler(l, &place);
		if (strcmp(place.name, "subroute") == 0)
			walk_subroute(l, &place);
		else if (strcmp(place.name, "tee") == 0)
			walk_chain(l, list, route, &branch);
	}
}

static void walk_list(struct lint *l, const struct lint_list *list)
{
	size_t i;

	if (l->visitor->list != NULL)
		l->visitor->list(l, list);
	for (i = 0; i < json_array_size(list->routes.value); i++) {
		struct jnode route = jnode_item(&list->routes, i);
		struct jnode chain = jnode_member(&route, "handle");

		if (!lint_is_disabled(route.value))
			walk_chain(l, list, &route, &chain);
	}
}

static void walk_owner(struct lint *l, const struct jnode *server, const struct jnode *owner)
{
	struct lint_list list = {
	    .owner = *owner, .routes = jnode_member(owner, "routes"), .server = *server};

	walk_list(l, &list);
}

static void walk_layer4(struct lint *l, const struct jnode *server)
{
	walk_owner(l, server, server);
}

/* Routes of the app http are others; those of its listeners are ours. */
static void walk_http(struct lint *l, const struct jnode *server)
{
	struct jnode wrappers = jnode_member(server, "listener_wrappers");
	size_t i;

	for (i = 0; i < json_array_size(wrappers.value); i++) {
		struct jnode wrapper = jnode_item(&wrappers, i);

		walk_owner(l, server, &wrapper);
	}
}

void lint_servers(
    struct lint *l, const char *app, void (*visit)(struct lint *l, const struct jnode *server))
{
	struct jnode root = jnode_root(l->document), apps = jnode_member(&root, "apps");
	struct jnode node = jnode_member(&apps, app), servers = jnode_member(&node, "servers");
	const char *name;
	json_t *value;

	json_object_foreach (servers.value, name, value) {
		struct jnode server = jnode_member(&servers, name);

		visit(l, &server);
	}
}

void lint_walk(struct lint *l, const struct lint_visitor *visitor)
{
	l->visitor = visitor;
	lint_servers(l, "layer4", walk_layer4);
	lint_servers(l, "http", walk_http);
}

/* ---- routes and matchers ------------------------------------------------------------------- */

bool lint_is_disabled(const json_t *route)
{
	return json_is_true(json_object_get(route, "disabled"));
}

const char *lint_handler_name(const json_t *handler)
{
	const char *name = json_string_value(json_object_get(handler, "handler"));

	return name != NULL ? name : "";
}

static bool is_about(const char *name)
{
	return name[0] == '@';
}

bool lint_set_on_bytes(const json_t *set)
{
	const char *name;
	json_t *value, *inner;
	size_t i;

	json_object_foreach ((json_t *)set, name, value) {
		const struct matcher_type *type = matcher_type_find(name);

		if (type != NULL && type->rests_on_bytes == NULL && type->bytes)
			return true;
		if (strcmp(name, "not") != 0)
			continue;
		json_array_foreach (value, i, inner)
			if (lint_set_on_bytes(inner))
				return true;
	}
	return false;
}

static bool has_set(const json_t *route, bool on_bytes)
{
	json_t *set;
	size_t i;

	json_array_foreach (json_object_get(route, "match"), i, set)
		if (lint_set_on_bytes(set) == on_bytes)
			return true;
	return false;
}

bool lint_wants_bytes(const json_t *route)
{
	return has_set(route, true);
}

bool lint_by_facts(const json_t *route)
{
	return has_set(route, false) || json_array_size(json_object_get(route, "match")) == 0;
}

static bool is_empty(const json_t *set)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)set, name, value)
		if (!is_about(name))
			return false;
	return true;
}

bool lint_matches_all(const json_t *route)
{
	const json_t *sets = json_object_get(route, "match");
	json_t *set;
	size_t i;

	json_array_foreach ((json_t *)sets, i, set)
		if (is_empty(set))
			return true;
	return json_array_size(sets) == 0;
}

static bool has_final_route(const json_t *routes)
{
	json_t *route;
	size_t i;

	json_array_foreach ((json_t *)routes, i, route)
		if (!lint_is_disabled(route) && lint_matches_all(route) &&
		    lint_is_final(json_object_get(route, "handle")))
			return true;
	return false;
}

bool lint_is_final(const json_t *chain)
{
	json_t *handler;
	size_t i;

	json_array_foreach ((json_t *)chain, i, handler) {
		const char *name = lint_handler_name(handler);
		const struct handler_type *type = handler_type_find(name);

		if (type != NULL && type->terminal)
			return true;
		if (strcmp(name, "subroute") == 0 &&
		    has_final_route(json_object_get(handler, "routes")))
			return true;
	}
	return false;
}

bool lint_all_sets_have(const json_t *route, const char *matcher)
{
	const json_t *sets = json_object_get(route, "match");
	json_t *set;
	size_t i;

	json_array_foreach ((json_t *)sets, i, set)
		if (json_object_get(set, matcher) == NULL)
			return false;
	return json_array_size(sets) > 0;
}

/* ---- addresses ----------------------------------------------------------------------------- */

bool lint_address(const json_t *text, struct address_range *out)
{
	struct error none;

	return json_is_string(text) && strchr(json_string_value(text), '{') == NULL &&
	       address_parse_listen(json_string_value(text), out, &none) == 0;
}

bool lint_is_datagrams(const struct address_range *range)
{
	return address_socket_type(range->first.network) == SOCK_DGRAM;
}

static bool is_local(const struct address *a)
{
	struct netaddr addr;
	struct cidr loopback;

	if (!address_is_ip(a->network))
		return a->network != NETWORK_FD && a->network != NETWORK_FDGRAM;
	if (strcmp(a->host, "localhost") == 0)
		return true;
	if (!netaddr_parse_ip(a->host, &addr))
		return false;
	return (cidr_parse("127.0.0.0/8", &loopback) && cidr_contains(&loopback, &addr)) ||
	       (cidr_parse("::1/128", &loopback) && cidr_contains(&loopback, &addr));
}

bool lint_is_local(struct lint *l, const json_t *server)
{
	const json_t *listen = json_object_get(server, "listen");
	struct address_range range;
	json_t *text;
	size_t i;

	json_array_foreach ((json_t *)listen, i, text)
		if (!lint_may_compare(l) || !lint_address(text, &range) || !is_local(&range.first))
			return false;
	return json_array_size(listen) > 0;
}
