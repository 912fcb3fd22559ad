/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of who is trusted, and with what. */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "daemon/config/lint_listeners.h"
#include "daemon/config/lint_walk.h"

/* ---- who may come this far ----------------------------------------------------------------- */

static bool is_by_address(const json_t *route)
{
	return lint_all_sets_have(route, "remote_ip") ||
	       lint_all_sets_have(route, "remote_ip_list");
}

/* Does it end the connections of all but some addresses? */
static bool turns_away(const json_t *route)
{
	const json_t *handler = json_array_get(json_object_get(route, "handle"), 0);
	json_t *set, *inner;
	size_t i, j;

	if (lint_is_disabled(route) || strcmp(lint_handler_name(handler), "close") != 0)
		return false;
	json_array_foreach (json_object_get(route, "match"), i, set)
		json_array_foreach (json_object_get(set, "not"), j, inner)
			if (json_object_get(inner, "remote_ip") != NULL ||
			    json_object_get(inner, "remote_ip_list") != NULL)
				return true;
	return false;
}

/* Do only clients of some addresses get to this route? */
static bool is_restricted(struct lint *l, const struct lint_list *list, const struct jnode *route)
{
	size_t i;

	for (; list != NULL; route = &list->route, list = list->outer) {
		if (is_by_address(route->value))
			return true;
		for (i = 0; i < route->index && lint_may_compare(l); i++)
			if (turns_away(json_array_get(list->routes.value, i)))
				return true;
	}
	return false;
}

static bool is_exposed(struct lint *l, const struct lint_place *p)
{
	return !lint_is_local(l, p->list->server.value) && !is_restricted(l, p->list, &p->route);
}

/* ---- proxy-protocol-open ------------------------------------------------------------------- */

/* With "allow" headers of others are left alone; REJECT takes none at all. */
static bool takes_any_header(const json_t *options)
{
	const char *policy = json_string_value(json_object_get(options, "fallback_policy"));

	return json_array_size(json_object_get(options, "allow")) == 0 &&
	       (policy == NULL || strcasecmp(policy, "REJECT") != 0);
}

static void tell_header(struct lint *l, const struct jnode *at)
{
	lint_tell(l, at,
	    "anyone who can connect may send a PROXY header here, and so choose the address that "
	    "matchers, logs and upstreams see");
}

static void proxy_protocol_handler(struct lint *l, const struct lint_place *p)
{
	if (strcmp(p->name, "proxy_protocol") == 0 && takes_any_header(p->handler.value) &&
	    is_exposed(l, p))
		tell_header(l, &p->handler);
}

static void proxy_protocol_wrapper(struct lint *l, const struct jnode *server)
{
	struct jnode wrappers = jnode_member(server, "listener_wrappers");
	size_t i;

	for (i = 0; i < json_array_size(wrappers.value); i++) {
		struct jnode w = jnode_item(&wrappers, i);
		const char *name = json_string_value(json_object_get(w.value, "wrapper"));

		if (name != NULL && strcmp(name, "proxy_protocol") == 0 &&
		    takes_any_header(w.value) && !lint_is_local(l, server->value))
			tell_header(l, &w);
	}
}

void lint_proxy_protocol_open(struct lint *l)
{
	static const struct lint_visitor visitor = {.handler = proxy_protocol_handler};

	lint_walk(l, &visitor);
	lint_servers(l, "http", proxy_protocol_wrapper);
}

/* ---- socks5-open --------------------------------------------------------------------------- */

static void socks5_handler(struct lint *l, const struct lint_place *p)
{
	if (strcmp(p->name, "socks5") == 0 &&
	    json_object_size(json_object_get(p->handler.value, "credentials")) == 0 &&
	    is_exposed(l, p))
		lint_tell(l, &p->handler,
		    "anyone who can connect may use this proxy, without a password, for whatever "
		    "the daemon can reach");
}

void lint_socks5_open(struct lint *l)
{
	static const struct lint_visitor visitor = {.handler = socks5_handler};

	lint_walk(l, &visitor);
}

/* ---- upstream-unverified ------------------------------------------------------------------- */

static void unverified_handler(struct lint *l, const struct lint_place *p)
{
	struct jnode upstreams = jnode_member(&p->handler, "upstreams");
	size_t i;

	for (i = 0; strcmp(p->name, "proxy") == 0 && i < json_array_size(upstreams.value); i++) {
		struct jnode upstream = jnode_item(&upstreams, i);
		struct jnode tls = jnode_member(&upstream, "tls");
		struct jnode skip = jnode_member(&tls, "insecure_skip_verify");

		if (json_is_true(skip.value))
			lint_tell(l, &skip,
			    "this upstream's certificate is not looked at: whoever is on the way "
			    "can stand in for it and read everything");
	}
}

void lint_unverified(struct lint *l)
{
	static const struct lint_visitor visitor = {.handler = unverified_handler};

	lint_walk(l, &visitor);
}
