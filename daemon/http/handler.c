/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/handler.h"

#include "common/errors.h"
#include "daemon/core/key_runs.h"
#include "daemon/http/challenge.h"
#include "daemon/http/handlers_tbl.h"

#define DECLARE(name) extern const struct http_handler_type http_handler_##name;
HTTP_HANDLERS(DECLARE)
#undef DECLARE

const struct http_handler_type *const http_handler_types[] = {
#define ENTRY(name) &http_handler_##name,
    HTTP_HANDLERS(ENTRY)
#undef ENTRY
	NULL,
};

/* Whose routes are taken by this exchange. */
struct http_group {
	struct http_group *next;
	const char *name;
};

/* ---- loading ------------------------------------------------------------------------------- */

/* Handlers of the reference that make it a web server, which this program is not. */
static const char *const outside[] = {"acme_server", "authentication", "copy_response",
    "copy_response_headers", "encode", "error", "file_server", "intercept", "invoke", "log_append",
    "map", "metrics", "push", "request_body", "reverse_proxy", "rewrite", "templates", "tracing",
    "vars", NULL};

static int unknown_handler(const struct jnode *node, const char *name, struct error *err)
{
	const char *names[sizeof(http_handler_types) / sizeof(http_handler_types[0])];
	const char *near;
	size_t i;

	for (i = 0; outside[i] != NULL; i++)
		if (strcmp(outside[i], name) == 0)
			return jnode_error(node, err, ERROR_UNSUPPORTED,
			    "'%s': HTTP handling is outside pointsman; proxy this name to a web "
			    "server with a layer4 route",
			    name);
	for (i = 0; http_handler_types[i] != NULL; i++)
		names[i] = http_handler_types[i]->name;
	names[i] = NULL;
	near = error_suggest(name, names);
	if (near != NULL)
		return jnode_error(node, err, ERROR_INVALID,
		    "unknown HTTP handler '%s', did you mean '%s'?", name, near);
	return jnode_error(node, err, ERROR_INVALID, "unknown HTTP handler '%s'", name);
}

static const struct http_handler_type *find_type(const char *name)
{
	const struct http_handler_type *const *t;

	for (t = http_handler_types; *t != NULL; t++)
		if (strcmp((*t)->name, name) == 0)
			return *t;
	return NULL;
}

static int load_handler(
    struct load *load, const struct jnode *node, struct http_handler *out, struct error *err)
{
	struct jnode name_node;
	const char *name;
	void *params;

	if (jnode_object(node, err) == -1)
		return -1;
	name_node = jnode_member(node, "handler");
	if (name_node.value == NULL)
		return jnode_error(
		    node, err, ERROR_INVALID, "needs \"handler\", the handler's name");
	if (jnode_string(&name_node, &name, err) == -1)
		return -1;
	out->type = find_type(name);
	if (out->type == NULL)
		return unknown_handler(&name_node, name, err);
	params = arena_alloc(load->arena, out->type->params_size);
	out->params = params;
	if (fields_load(out->type->fields, load, node, "handler", load->arena, params, err) == -1)
		return -1;
	return out->type->load != NULL ? out->type->load(load, node, params, err) : 0;
}

/* target is the route, as the handlers and their number stand in it. */
static int load_handlers(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct http_route *route = target;
	size_t i;
	int rc = 0;

	if (jnode_array(node, err) == -1)
		return -1;
	route->handler_count = json_array_size(node->value);
	route->handlers = arena_array(load->arena, route->handler_count, sizeof(*route->handlers));
	for (i = 0; i < route->handler_count; i++) {
		struct jnode item = jnode_item(node, i);

		if (!errors_go_on(load_handler(load, &item, &route->handlers[i], err), &rc, err))
			break;
	}
	return rc;
}

static bool module_at(size_t i, struct shape_module *out)
{
	const struct http_handler_type *t = http_handler_types[i];

	if (t == NULL)
		return false;
	*out = (struct shape_module){t->name, t->help, t->fields, NULL};
	return true;
}

static const struct shape handler_shape = {
    .type = SHAPE_TAGGED, .name = "http_handler", .tag = "handler", .module = module_at};
static const struct shape handlers_shape = {.type = SHAPE_LIST, .of = &handler_shape};

static const struct field route_fields[] = {
    FIELD_STRING(struct http_route, group, "group", 0,
	"of the routes of a group only the first that matches is taken"),
    FIELD_CUSTOM(struct http_route, match, "match", 0, http_matcher_sets_load,
	&http_matcher_sets_shape, "matcher sets; none: every request"),
    {.name = "handle",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_handlers,
	.shape = &handlers_shape,
	.help = "the handlers, run in order"},
    FIELD_BOOL(struct http_route, terminal, "terminal", 0, "no route after this one is asked"),
    FIELD_END,
};

static const struct shape route_shape = {
    .type = SHAPE_OBJECT, .name = "http_route", .fields = route_fields};
const struct shape http_routes_shape = {.type = SHAPE_LIST, .of = &route_shape};

/* The matcher type by whose keys alone the route is taken. */
static const void *keyed_by(const void *list, size_t i, struct strings *keys)
{
	const struct http_matcher_sets *match = &((const struct http_route *)list)[i].match;
	const struct http_matcher_set *set = match->items;

	if (match->count != 1 || set->count != 1 || set->items[0].type->keys == NULL ||
	    !set->items[0].type->keys(set->items[0].params, keys))
		return NULL;
	return set->items[0].type;
}

int http_routes_load(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct http_routes *out = target;
	size_t i;
	int rc = 0;

	if (jnode_array(node, err) == -1)
		return -1;
	out->count = json_array_size(node->value);
	out->items = arena_array(load->arena, out->count, sizeof(*out->items));
	for (i = 0; i < out->count; i++) {
		struct jnode item = jnode_item(node, i);

		if (!errors_go_on(fields_load(route_fields, load, &item, NULL, load->arena,
				      &out->items[i], err),
			&rc, err))
			break;
	}
	if (rc == 0)
		out->index = key_runs_new(load->arena, out->items, out->count, keyed_by);
	return rc;
}

/* ---- running ------------------------------------------------------------------------------- */

/* Is this the first route of its group? */
static bool first_of_group(struct http_exchange *x, const char *name)
{
	struct http_group *g;

	for (g = x->groups; g != NULL; g = g->next)
		if (strcmp(g->name, name) == 0)
			return false;
	g = arena_alloc(x->request.arena, sizeof(*g));
	g->name = name;
	g->next = x->groups;
	x->groups = g;
	return true;
}

/* The first position from i on whose route may match. */
static size_t skip(const struct http_routes *routes, size_t i, const struct http_request *r)
{
	const struct http_matcher_type *type;
	const struct key_run *run;
	size_t next;

	while (routes->index != NULL && (run = key_runs_at(routes->index, i)) != NULL) {
		type = run->kind;
		next = key_run_find(run, i, type->key(r));
		if (next < run->end)
			return next;
		i = run->end;
	}
	return i;
}

enum http_flow http_routes_run(const struct http_routes *routes, struct http_exchange *x)
{
	size_t i, h;

	for (i = skip(routes, 0, &x->request); i < routes->count;
	     i = skip(routes, i + 1, &x->request)) {
		const struct http_route *route = &routes->items[i];

		if (!http_matcher_sets_match(&route->match, &x->request) ||
		    (route->group != NULL && route->group[0] != '\0' &&
			!first_of_group(x, route->group)))
			continue;
		for (h = 0; h < route->handler_count; h++) {
			const struct http_handler *handler = &route->handlers[h];

			if (handler->type->handle(x, handler->params) == HTTP_DONE)
				return HTTP_DONE;
		}
		if (route->terminal)
			return HTTP_DONE;
	}
	return HTTP_NEXT;
}

void http_exchange_run(const struct http_routes *routes, struct http_exchange *x)
{
	struct http_deferred *d;

	if (http_challenge_answer(x))
		return;
	http_routes_run(routes, x);
	for (d = x->deferred; d != NULL; d = d->next)
		d->run(d, x);
}
