/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/server.h"

#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/log.h"
#include "daemon/core/handle.h"
#include "daemon/core/instance.h"
#include "daemon/core/route_table.h"
#include "daemon/core/trust.h"
#include "daemon/http/access.h"
#include "daemon/http/redirect.h"
#include "daemon/http/serve.h"
#include "daemon/http/tls.h"
#include "daemon/http/wrappers.h"

#define MATCHING_BUFFER 16384
#define WRAPPERS_MAX 16

/* A core server on its way. */
struct making {
	const struct http_settings *settings;
	struct route *route;
	struct http_server *http;
	bool tls;       /* is to be spoken */
	bool tls_added; /* ... and its place in the chain has been passed */
	size_t layer4;  /* wrappers of that name so far */
};

/* ---- routes -------------------------------------------------------------------------------- */

/* Puts our own routes into those of the document, at index at. */
static int put_in(
    struct load *load, struct http_routes *routes, json_t *json, size_t at, struct error *err)
{
	struct jnode node = jnode_root(json);
	struct http_routes own = {0};
	struct http_route *all;

	if (json == NULL || json_array_size(json) == 0)
		return 0;
	if (http_routes_load(load, &node, &own, err) == -1)
		return -1;
	if (at > routes->count)
		at = routes->count;
	all = arena_array(load->arena, routes->count + own.count, sizeof(*all));
	memcpy(all + at, own.items, own.count * sizeof(*all));
	if (at > 0)
		memcpy(all, routes->items, at * sizeof(*all));
	if (at < routes->count)
		memcpy(
		    all + at + own.count, routes->items + at, (routes->count - at) * sizeof(*all));
	routes->items = all;
	routes->count += own.count;
	return 0;
}

static int load_routes(
    struct load *load, const struct http_settings *s, struct http_routes *out, struct error *err)
{
	struct jnode node = jnode_member(&s->node, "routes");

	if (node.value != NULL && http_routes_load(load, &node, out, err) == -1)
		return -1;
	if (put_in(load, out, s->redirects, s->redirect_at, err) == -1)
		return -1;
	return put_in(load, out, s->last, SIZE_MAX, err);
}

/* ---- the chain ----------------------------------------------------------------------------- */

static void add_handler(struct route *route, const struct handler_type *type, const void *params)
{
	route->handlers[route->handler_count++] = (struct handler){type, params};
}

static int add_tls(struct load *load, struct making *m, struct error *err)
{
	struct jnode node = jnode_member(&m->settings->node, "tls_connection_policies");
	struct http_tls *tls;

	m->tls_added = true;
	if (!m->tls)
		return 0;
	tls = arena_alloc(load->arena, sizeof(*tls));
	if (http_tls_load(load, &node, !m->settings->no_http2, tls, err) == -1)
		return -1;
	/* Else a client could name a host that asks for no certificate, and then use another. */
	if (!m->settings->strict_sni_host_said && http_tls_authenticates(tls))
		m->http->strict_sni_host = true;
	add_handler(m->route, &handler_http_tls, tls);
	return 0;
}

static void add_layer4(struct load *load, struct making *m)
{
	size_t *number = arena_alloc(load->arena, sizeof(*number));

	*number = m->layer4++;
	add_handler(m->route, &handler_http_layer4, number);
}

/* Layer 4's handler does what the wrapper of the reference does. */
static int add_proxy_protocol(
    struct load *load, struct making *m, const struct jnode *node, struct error *err)
{
	struct handler *handler = &m->route->handlers[m->route->handler_count++];
	static const char *const known[] = {NULL};
	struct jnode as_handler = *node;
	int rc;

	if (json_object_get(node->value, "handler") != NULL)
		return jnode_unknown(node, "handler", known, err);
	as_handler.value = json_copy(node->value);
	json_object_del(as_handler.value, "wrapper");
	json_object_set_new(as_handler.value, "handler", json_string("proxy_protocol"));
	rc = handler_load(load, &as_handler, handler, err);
	json_decref(as_handler.value);
	return rc;
}

/* On the HTTP port, where no TLS follows, HTTP is what is to be spoken. */
static int add_redirect(
    struct load *load, struct making *m, const struct jnode *node, struct error *err)
{
	struct http_server *server = arena_alloc(load->arena, sizeof(*server));

	if (m->tls_added)
		return jnode_error(node, err, ERROR_INVALID,
		    "http_redirect has to stand before the wrapper tls, which is to be added "
		    "behind it");
	if (http_redirect_load(load, node, server, err) == -1)
		return -1;
	if (m->tls)
		add_handler(m->route, &handler_http_redirect, server);
	return 0;
}

/* For the schema. */
static bool wrapper_at(size_t i, struct shape_module *out)
{
	const struct handler_type *proxy_protocol = handler_type_find("proxy_protocol");
	const struct shape_module all[] = {
	    {"layer4", handler_http_layer4.help, http_wrapper_fields, NULL},
	    {"proxy_protocol", NULL, proxy_protocol != NULL ? proxy_protocol->fields : NULL, NULL},
	    {"http_redirect", handler_http_redirect.help, http_redirect_fields, NULL},
	    {"tls", "the place of TLS among the wrappers", NULL, &shape_any},
	};

	if (i >= sizeof(all) / sizeof(all[0]))
		return false;
	*out = all[i];
	return true;
}

static const struct shape wrapper_shape = {
    .type = SHAPE_TAGGED, .name = "listener_wrapper", .tag = "wrapper", .module = wrapper_at};
const struct shape http_wrappers_shape = {.type = SHAPE_LIST, .of = &wrapper_shape};

static int add_wrapper(struct load *load, struct making *m, const struct jnode *node,
    const char *name, struct error *err)
{
	if (strcmp(name, "layer4") == 0) {
		add_layer4(load, m);
		return 0;
	}
	if (strcmp(name, "proxy_protocol") == 0)
		return add_proxy_protocol(load, m, node, err);
	if (strcmp(name, "http_redirect") == 0)
		return add_redirect(load, m, node, err);
	if (strcmp(name, "tls") != 0)
		return jnode_error(node, err, ERROR_UNSUPPORTED,
		    "listener wrapper '%s' is not supported; there are layer4, proxy_protocol, "
		    "http_redirect and tls",
		    name);
	if (m->tls_added)
		return jnode_error(
		    node, err, ERROR_INVALID, "the listener wrapper 'tls' stands twice");
	return add_tls(load, m, err);
}

static int wrapper_name(const struct jnode *node, const char **out, struct error *err)
{
	struct jnode name;

	if (jnode_object(node, err) == -1)
		return -1;
	name = jnode_member(node, "wrapper");
	if (name.value == NULL)
		return jnode_error(
		    node, err, ERROR_INVALID, "needs \"wrapper\", the listener wrapper's name");
	return jnode_string(&name, out, err);
}

static bool has_tls_wrapper(const json_t *wrappers)
{
	json_t *item;
	size_t i;

	json_array_foreach (wrappers, i, item)
		if (http_wrapper_is(item, "tls"))
			return true;
	return false;
}

/* TLS is where the wrapper "tls" stands, or before all of them. */
static int add_wrappers(struct load *load, struct making *m, struct error *err)
{
	struct jnode node = jnode_member(&m->settings->node, "listener_wrappers");
	const char *name;
	size_t i;

	if (jnode_array(&node, err) == -1)
		return -1;
	if (json_array_size(node.value) > WRAPPERS_MAX)
		return jnode_error(&node, err, ERROR_LIMIT, "more than %d wrappers", WRAPPERS_MAX);
	if (!has_tls_wrapper(node.value) && add_tls(load, m, err) == -1)
		return -1;
	for (i = 0; i < json_array_size(node.value); i++) {
		struct jnode wrapper = jnode_item(&node, i);

		if (wrapper_name(&wrapper, &name, err) == -1 ||
		    add_wrapper(load, m, &wrapper, name, err) == -1)
			return -1;
	}
	return 0;
}

static struct http_server *new_http(struct arena *arena, const struct http_settings *s, bool tls)
{
	struct http_server *http = arena_alloc(arena, sizeof(*http));

	http->tls = tls;
	http->strict_sni_host = s->strict_sni_host;
	http->read_timeout = s->read_timeout;
	http->read_header_timeout = s->read_header_timeout;
	http->read_idle_timeout = s->read_idle_timeout;
	http->write_timeout = s->write_timeout;
	http->write_idle_timeout = s->write_idle_timeout;
	http->idle_timeout = s->idle_timeout;
	http->max_header_bytes = s->max_header_bytes;
	http->keepalive = s->keepalive;
	http->clients = s->clients;
	return http;
}

static int fill_route(struct load *load, struct making *m, struct error *err)
{
	struct jnode logs = jnode_member(&m->settings->node, "logs");
	struct route *route = m->route;
	int rc;

	m->http = new_http(load->arena, m->settings, m->tls);
	if (http_access_load(load, &logs, &m->http->access, err) == -1)
		return -1;
	route->handlers = arena_array(load->arena, WRAPPERS_MAX + 2, sizeof(*route->handlers));
	rc = m->settings->wrappers != NULL ? add_wrappers(load, m, err) : add_tls(load, m, err);
	if (rc == -1 || load_routes(load, m->settings, &m->http->routes, err) == -1)
		return -1;
	add_handler(route, &handler_http, m->http);
	return 0;
}

static void say_what_has_no_effect(const struct http_settings *s)
{
	if (s->metrics)
		log_msg(LOG_WARN, "http", "server %s: metrics has no effect", s->name);
}

/* The server has one route, which is the same as long as the server's name is. */
static struct route_identity *identity_of(
    const struct load *load, const char *name, const struct route *before)
{
	uint64_t kept;

	if (before != NULL)
		return route_identity_ref(before->identity);
	kept = handle_kept(name, HANDLE_KEY_ONLY);
	return route_identity_new(kept != 0 ? kept : handle_next(load));
}

static struct route *compile(struct load *load, const struct http_settings *settings, bool tls,
    json_t *json, const char *name, const struct route *before, struct error *err)
{
	struct route_identity *identity = identity_of(load, name, before);
	struct making m = {.settings = settings, .tls = tls};
	struct arena *outer = load->arena;
	int rc;

	m.route = route_new(json, name, identity);
	route_identity_unref(identity);
	m.route->revision = load->instance->revision;
	load->arena = m.route->arena;
	trust_notes(load, &m.route->trusted);
	load->trusts_ours = false;
	rc = fill_route(load, &m, err);
	m.route->trusts_ours = load->trusts_ours;
	load->arena = outer;
	trust_notes(load, &load->instance->trusted);
	if (rc == -1) {
		route_unref(m.route);
		return NULL;
	}
	say_what_has_no_effect(settings);
	return m.route;
}

/* ---- the server ---------------------------------------------------------------------------- */

static struct route *route_before(const struct load *load, const char *name)
{
	const struct server *s = load->before != NULL ? instance_server(load->before, name) : NULL;

	return s != NULL && s->routes.count == 1 ? s->routes.items[0] : NULL;
}

/* The wrappers but what is in those that have lists of their own. */
static json_t *outside_of(const json_t *wrappers)
{
	json_t *out = json_array(), *item;
	size_t i;

	json_array_foreach (wrappers, i, item)
		if (http_wrapper_is(item, "layer4"))
			json_array_append_new(out, json_pack("{s:s}", "wrapper", "layer4"));
		else
			json_array_append(out, item);
	return out;
}

/* All that the route is made of, so that an equal one is the same. A new reference. */
static json_t *identity_json(const struct http_settings *s, bool tls)
{
	json_t *server = json_copy(s->node.value);
	json_t *json = json_pack("{s:o, s:b}", "server", server, "tls", (int)tls);

	json_object_del(server, "listen");
	json_object_del(server, "paused");
	if (s->wrappers != NULL)
		json_object_set_new(server, "listener_wrappers", outside_of(s->wrappers));
	if (s->redirects != NULL)
		json_object_set(json, "redirects", s->redirects);
	if (s->last != NULL)
		json_object_set(json, "last", s->last);
	return json;
}

static void unref(void *route)
{
	route_unref(route);
}

/* What the core servers of one server of the document have in common. */
struct common {
	const struct http_settings *settings;
	const struct route_table *const *wrappers;
	struct strings paused;
};

static int add_core_server(struct load *load, const struct common *common, bool tls,
    const char *name, struct strings listen, struct error *err)
{
	const struct http_settings *settings = common->settings;
	struct server *server = arena_alloc(load->arena, sizeof(*server));
	struct route *before = route_before(load, name), *route;
	json_t *json;

	if (listen.count == 0)
		return 0;
	json = identity_json(settings, tls);
	if (before != NULL && json_equal(before->json, json) && !route_reads_again(load, before))
		route = route_ref(before);
	else
		route = compile(load, settings, tls, json, name, before, err);
	json_decref(json);
	if (route == NULL)
		return -1;
	arena_release(load->arena, unref, route);
	server_set_name(server, name);
	server->own.server = arena_printf(load->arena, "http/%s", settings->name);
	server->wrappers = common->wrappers;
	server->path = arena_printf(load->arena, "apps.http.servers.%s", settings->name);
	server->listen = listen;
	server->paused = common->paused;
	server->routes.items = arena_array(load->arena, 1, sizeof(struct route *));
	server->routes.items[0] = route;
	server->routes.count = 1;
	server->log_interval = LOG_INTERVAL_DEFAULT;
	server->routes.matching_timeout = 3 * DURATION_S;
	server->routes.matching_buffer = MATCHING_BUFFER;
	return instance_add_server(load, server, err);
}

static bool has_text(const struct strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

/* The addresses of a server by what is spoken there, and those of them that are paused. */
struct split {
	struct strings tls, plain, paused;
};

/* A range with the HTTP port in it: its addresses one by one. */
static void split_range(struct load *load, const struct address_range *range, int64_t http_port,
    bool paused, struct split *out)
{
	char text[ADDRESS_TEXT_MAX];
	unsigned i;

	for (i = 0; i < address_range_count(range); i++) {
		struct address address = address_range_at(range, i);
		struct strings *to = address.port == http_port ? &out->plain : &out->tls;
		const char *name = arena_strdup(load->arena, address_text(&address, text));

		to->items[to->count++] = name;
		if (paused)
			out->paused.items[out->paused.count++] = name;
	}
}

/* On the HTTP port no TLS is spoken. */
static void split_listen(
    struct load *load, const struct http_settings *s, int64_t http_port, struct split *out)
{
	size_t i, all = 0;

	for (i = 0; i < s->listen.count; i++)
		all += address_range_count(&s->ranges[i]);
	out->tls.items = arena_array(load->arena, all, sizeof(*out->tls.items));
	out->plain.items = arena_array(load->arena, all, sizeof(*out->plain.items));
	out->paused.items = arena_array(load->arena, all, sizeof(*out->paused.items));
	for (i = 0; i < s->listen.count; i++) {
		const char *text = s->listen.items[i];
		const struct address_range *range = &s->ranges[i];
		bool paused = has_text(&s->paused, text);

		if (range->first.port <= http_port && http_port <= range->last_port) {
			split_range(load, range, http_port, paused, out);
			continue;
		}
		out->tls.items[out->tls.count++] = text;
		if (paused)
			out->paused.items[out->paused.count++] = text;
	}
}

int http_server_add(
    struct load *load, const struct http_settings *settings, int64_t http_port, struct error *err)
{
	const char *name = arena_printf(load->arena, "http/%s", settings->name);
	struct common common = {.settings = settings, .paused = settings->paused};
	struct split split = {0};

	if (http_wrappers_load(load, settings, &common.wrappers, err) == -1)
		return -1;
	if (!settings->tls)
		return add_core_server(load, &common, false, name, settings->listen, err);
	split_listen(load, settings, http_port, &split);
	common.paused = split.paused;
	if (add_core_server(load, &common, true, name, split.tls, err) == -1)
		return -1;
	return add_core_server(
	    load, &common, false, arena_printf(load->arena, "%s/plain", name), split.plain, err);
}
