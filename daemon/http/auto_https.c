/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/auto_https.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/core/instance.h"
#include "daemon/core/replacer.h"
#include "daemon/core/subject.h"

#define STANDARD_HTTP_PORT 80
#define STANDARD_HTTPS_PORT 443

/* A number that becomes part of a URL, or 0 where the URL needs none. */
static int64_t shown_port(const struct http_plan *plan, int64_t port)
{
	/* https_port is where we listen; outside it is taken to be 443. */
	if (port == plan->http_port || port == plan->https_port || port == STANDARD_HTTP_PORT ||
	    port == STANDARD_HTTPS_PORT)
		return 0;
	return port;
}

/* What has been found so far. The JSON values are maps whose order is that of insertion. */
struct finding {
	struct load *load;
	struct http_plan *plan;
	json_t *names;     /* of the server at hand: name -> true */
	json_t *targets;   /* name ("": any) -> where it is served: {"port", "addresses": []} */
	bool certificates; /* some name gets one */
};

static bool has(const struct strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

/* ---- names --------------------------------------------------------------------------------- */

/* A fault in the document is left to the loader of the routes, which says what is wrong. */
static void find_names(struct finding *f, const struct http_settings *s)
{
	size_t i, j, k;
	json_t *route, *set, *host;

	json_object_clear(f->names);
	json_array_foreach (s->routes, i, route) {
		json_array_foreach (json_object_get(route, "match"), j, set) {
			json_array_foreach (json_object_get(set, "host"), k, host) {
				const char *name = json_string_value(host);

				if (name == NULL)
					continue;
				name = replace_at_load(f->load->arena, name);
				if (!has(&s->auto_https.skip, name))
					json_object_set_new(f->names, name, json_true());
			}
		}
	}
}

static void manage_names(struct finding *f, const struct http_settings *s)
{
	const char *name;
	json_t *value;

	if (s->auto_https.disable_certificates)
		return;
	json_object_foreach (f->names, name, value) {
		if (!subject_qualifies(name) || has(&s->auto_https.skip_certificates, name))
			continue;
		instance_manage(f->load, name);
		f->certificates = true;
	}
}

/* ---- where each name is served --------------------------------------------------------------- */

static void add_address(json_t *list, const char *text)
{
	json_t *known;
	size_t i;

	json_array_foreach (list, i, known)
		if (strcmp(json_string_value(known), text) == 0)
			return;
	json_array_append_new(list, json_string(text));
}

/*
 * A name served on several ports is redirected to one of them: the HTTPS port if it is among them,
 * else the first.
 */
static void add_target(struct finding *f, const char *name, const struct address *address)
{
	json_t *target = json_object_get(f->targets, name);
	char text[ADDRESS_TEXT_MAX];
	bool better = target == NULL;

	if (target != NULL) {
		int64_t port = json_integer_value(json_object_get(target, "port"));

		if (port != address->port && address->port != f->plan->https_port)
			return;
		better = port != address->port;
	}
	if (better) {
		target = json_pack("{s:i, s:[]}", "port", (int)address->port, "addresses");
		json_object_set_new(f->targets, name, target);
	}
	add_address(json_object_get(target, "addresses"), address_text(address, text));
}

static void add_targets(struct finding *f, const struct http_settings *s)
{
	const char *name;
	json_t *value;
	size_t i;

	for (i = 0; i < s->listen.count; i++) {
		if (!address_is_ip(s->ranges[i].first.network))
			continue; /* a Unix socket is no place to send anyone to */
		if (json_object_size(f->names) == 0)
			add_target(f, "", &s->ranges[i].first);
		json_object_foreach (f->names, name, value)
			add_target(f, name, &s->ranges[i].first);
	}
}

/* ---- a server ------------------------------------------------------------------------------ */

static void decide(struct finding *f, struct http_settings *s)
{
	bool said = s->policies != NULL && json_array_size(s->policies) > 0;

	s->tls = said;
	if (s->auto_https.disable)
		return;
	if (!http_settings_other_port(s, f->plan->http_port)) {
		s->auto_https.disable = true;
		return;
	}
	find_names(f, s);
	if (s->policies == NULL &&
	    (json_object_size(f->names) > 0 || !http_settings_other_port(s, f->plan->https_port)))
		s->tls = true;
	if (!s->tls && json_object_size(f->names) == 0)
		return;
	manage_names(f, s);
	if (!s->auto_https.disable_redirects)
		add_targets(f, s);
}

/* ---- redirects ----------------------------------------------------------------------------- */

static json_t *redirect_route(const struct http_plan *plan, int64_t port, json_t *hosts)
{
	int64_t shown = shown_port(plan, port);
	char location[96] = "https://{http.request.host}{http.request.uri}";
	json_t *match = json_pack("{s:s}", "protocol", "http");

	if (shown != 0)
		snprintf(location, sizeof(location),
		    "https://{http.request.host}:%d{http.request.uri}", (int)shown);
	if (hosts != NULL)
		json_object_set(match, "host", hosts);
	return json_pack("{s:[o], s:[{s:s, s:i, s:{s:[s]}, s:b}]}", "match", match, "handle",
	    "handler", "static_response", "status_code", 308, "headers", "Location", location,
	    "close", 1);
}

static int compare_names(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	bool x_star = strchr(x, '*') != NULL, y_star = strchr(y, '*') != NULL;

	if (x_star != y_star)
		return x_star ? 1 : -1;
	if (strlen(x) != strlen(y))
		return strlen(x) > strlen(y) ? -1 : 1;
	return strcmp(x, y);
}

/* The most specific names first: their route may lead elsewhere than that of a wildcard. */
static const char **sorted_names(struct arena *arena, json_t *targets)
{
	size_t count = json_object_size(targets), i = 0;
	const char **names = arena_array(arena, count, sizeof(*names));
	const char *name;
	json_t *value;

	json_object_foreach (targets, name, value)
		names[i++] = name;
	qsort(names, count, sizeof(*names), compare_names);
	return names;
}

/* The member key of object, made an empty object or array if it is not there. */
static json_t *member(json_t *object, const char *key, json_t *(*make)(void))
{
	json_t *value = json_object_get(object, key);

	if (value == NULL) {
		value = make();
		json_object_set_new(object, key, value);
	}
	return value;
}

/*
 * Where to listen for requests to be redirected, and what for: address with the HTTP port ->
 * address with the HTTPS port -> names.
 */
static json_t *group_targets(struct finding *f)
{
	json_t *groups = json_object(), *text;
	const char **names = sorted_names(f->load->arena, f->targets);
	struct address_range range;
	char redirect[ADDRESS_TEXT_MAX];
	struct error ignored;
	size_t i, k;

	for (i = 0; i < json_object_size(f->targets); i++) {
		json_t *target = json_object_get(f->targets, names[i]);

		json_array_foreach (json_object_get(target, "addresses"), k, text) {
			if (address_parse_listen(json_string_value(text), &range, &ignored) == -1)
				continue;
			range.first.port = (uint16_t)f->plan->http_port;
			address_text(&range.first, redirect);
			json_array_append_new(member(member(groups, redirect, json_object),
						  json_string_value(text), json_array),
			    json_string(names[i]));
		}
	}
	return groups;
}

/* The routes for one address with the HTTP port. */
static json_t *group_routes(const struct http_plan *plan, json_t *group)
{
	json_t *routes = json_array(), *hosts;
	struct address_range range;
	struct error ignored;
	const char *text;

	json_object_foreach (group, text, hosts) {
		const char *only = json_string_value(json_array_get(hosts, 0));

		if (address_parse_listen(text, &range, &ignored) == -1)
			continue;
		if (json_array_size(hosts) == 1 && only[0] == '\0')
			hosts = NULL; /* whatever the name */
		json_array_append_new(routes, redirect_route(plan, range.first.port, hosts));
	}
	return routes;
}

/* Would a socket of s be in the way of one on address? */
static bool listens_on(const struct http_settings *s, const struct address *address)
{
	size_t i;

	for (i = 0; i < s->listen.count; i++) {
		const struct address *own = &s->ranges[i].first;

		if (own->network == address->network &&
		    (strcmp(own->host, address->host) == 0 || own->host[0] == '\0' ||
			address->host[0] == '\0') &&
		    own->port <= address->port && address->port <= s->ranges[i].last_port)
			return true;
	}
	return false;
}

static struct http_settings *server_on(struct http_plan *plan, const char *text)
{
	struct address_range range;
	struct error ignored;
	size_t i;

	for (i = 0; address_parse_listen(text, &range, &ignored) == 0 && i < plan->count; i++)
		if (listens_on(&plan->servers[i], &range.first))
			return &plan->servers[i];
	return NULL;
}

/* Behind the last route that asks for a host, so that what is meant for all others stays last. */
static size_t last_host_route(const struct http_settings *s)
{
	json_t *route, *set;
	size_t at = 0, i, k;

	json_array_foreach (s->routes, i, route)
		json_array_foreach (json_object_get(route, "match"), k, set)
			if (json_object_get(set, "host") != NULL)
				at = i + 1;
	return at;
}

static void json_unref(void *json)
{
	json_decref(json);
}

static json_t *kept(struct finding *f, json_t *json)
{
	arena_release(f->load->arena, json_unref, json);
	return json;
}

/* What any other name is asked for goes to HTTPS too. */
static json_t *last_routes(struct finding *f)
{
	return json_pack("[o]", redirect_route(f->plan, f->plan->https_port, NULL));
}

static void add_to_server(struct finding *f, struct http_settings *s, json_t *routes)
{
	if (s->last == NULL) {
		s->redirects = kept(f, json_array());
		s->redirect_at = last_host_route(s);
		s->last = kept(f, last_routes(f));
	}
	/* Where no name gets a certificate, the server's own routes for all names go first. */
	if (f->certificates)
		json_array_extend(s->redirects, routes);
}

static void place_redirects(struct finding *f, json_t *groups)
{
	json_t *listen = json_array(), *rest = json_array(), *group;
	const char *address;

	json_object_foreach (groups, address, group) {
		struct http_settings *s = server_on(f->plan, address);
		json_t *routes = group_routes(f->plan, group);

		if (s != NULL) {
			add_to_server(f, s, routes);
		} else {
			json_array_append_new(listen, json_string(address));
			json_array_extend(rest, routes);
		}
		json_decref(routes);
	}
	if (json_array_size(listen) > 0) {
		json_t *last = last_routes(f);

		json_array_extend(rest, last);
		json_decref(last);
		f->plan->redirects =
		    kept(f, json_pack("{s:O, s:O}", "listen", listen, "routes", rest));
	}
	json_decref(listen);
	json_decref(rest);
}

void http_auto_https(struct load *load, struct http_plan *plan)
{
	struct finding f = {.load = load, .plan = plan};
	json_t *groups;
	size_t i;

	f.names = json_object();
	f.targets = json_object();
	for (i = 0; i < plan->count; i++)
		decide(&f, &plan->servers[i]);
	groups = group_targets(&f);
	place_redirects(&f, groups);
	json_decref(groups);
	json_decref(f.targets);
	json_decref(f.names);
}
