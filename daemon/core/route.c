/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/route.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/errors.h"
#include "daemon/core/load.h"
#include "daemon/core/route_index.h"
#include "daemon/core/tally.h"
#include "daemon/core/trust.h"

#define ROUTE_ARENA 1024

static const struct handler_type *const *registered;

void handler_types_set(const struct handler_type *const *types)
{
	registered = types;
}

const struct handler_type *const *handler_types(void)
{
	return registered;
}

const struct handler_type *handler_type_find(const char *name)
{
	const struct handler_type *const *t;

	for (t = registered; t != NULL && *t != NULL; t++)
		if (!(*t)->internal && strcmp((*t)->name, name) == 0)
			return *t;
	return NULL;
}

static int unknown_handler(const struct jnode *name_node, const char *name, struct error *err)
{
	const char *names[64];
	const char *near;
	size_t n = 0;
	const struct handler_type *const *t;

	for (t = registered; t != NULL && *t != NULL && n < 63; t++)
		if (!(*t)->internal)
			names[n++] = (*t)->name;
	names[n] = NULL;
	near = error_suggest(name, names);
	if (near != NULL)
		return jnode_error(name_node, err, ERROR_INVALID,
		    "unknown handler '%s', did you mean '%s'?", name, near);
	return jnode_error(name_node, err, ERROR_INVALID,
	    "unknown handler '%s'; 'pointsmand modules' lists them", name);
}

static int load_params(
    struct load *load, const struct jnode *node, struct handler *out, struct error *err)
{
	static const struct field no_fields[] = {FIELD_END};
	static const struct field open_to_all = {.name = "handler", .flags = FIELD_OPEN};
	const struct handler_type *type = out->type;
	const struct field *fields = type->fields != NULL ? type->fields : no_fields;
	void *params = arena_alloc(load->arena, type->params_size > 0 ? type->params_size : 1);

	out->params = params;
	if (type->any_fields
		? trust_field(load, &trust_placeholders, node, err) == -1
		: fields_load(fields, load, node, "handler", load->arena, params, err) == -1)
		return -1;
	if (type->load != NULL && type->load(load, node, params, err) == -1)
		return -1;
	if (type->is_open == NULL || !type->is_open(params))
		return 0;
	return trust_object(load, &open_to_all, node, err);
}

int handler_load(
    struct load *load, const struct jnode *node, struct handler *out, struct error *err)
{
	struct jnode name_node;
	const char *name;

	if (jnode_object(node, err) == -1)
		return -1;
	name_node = jnode_member(node, "handler");
	if (name_node.value == NULL)
		return jnode_error(
		    node, err, ERROR_INVALID, "needs \"handler\", the handler's name");
	if (jnode_string(&name_node, &name, err) == -1)
		return -1;
	out->type = handler_type_find(name);
	if (out->type == NULL)
		return unknown_handler(&name_node, name, err);
	if (!out->type->datagrams)
		load->needs |= TRANSPORT_STREAM;
	return load_params(load, node, out, err);
}

int handlers_load(struct load *load, const struct jnode *node, struct handler **handlers,
    size_t *count, struct error *err)
{
	size_t i;
	int rc = 0;

	if (jnode_array(node, err) == -1)
		return -1;
	*count = json_array_size(node->value);
	*handlers = arena_array(load->arena, *count, sizeof(**handlers));
	for (i = 0; i < *count; i++) {
		struct jnode item = jnode_item(node, i);

		if (!errors_go_on(handler_load(load, &item, &(*handlers)[i], err), &rc, err))
			break;
	}
	return rc;
}

static bool module_at(size_t i, struct shape_module *out)
{
	const struct handler_type *const *t = registered;

	for (; *t != NULL && (i > 0 || (*t)->internal); t++)
		i -= !(*t)->internal;
	if (*t == NULL)
		return false;
	*out = (struct shape_module){(*t)->name, (*t)->help, (*t)->fields, (*t)->shape};
	return true;
}

static const struct shape handler_shape = {
    .type = SHAPE_TAGGED, .name = "handler", .tag = "handler", .module = module_at};
const struct shape handlers_shape = {.type = SHAPE_LIST, .of = &handler_shape};

static int load_match(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	return matcher_sets_load(load, node, target, err);
}

/* target is the route. */
static int load_chain(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct route *route = target;

	return handlers_load(load, node, &route->handlers, &route->handler_count, err);
}

static const struct field route_fields[] = {
    FIELD_CUSTOM(struct route, match, "match", 0, load_match, &matcher_sets_shape,
	"matcher sets, one of which must match; none: every connection"),
    {.name = "handle",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_chain,
	.shape = &handlers_shape,
	.help = "the handlers, run in order"},
    FIELD_BOOL(struct route, disabled, "disabled", 0, "it is passed over, as if it never matched"),
    FIELD_END,
};

static const struct shape route_shape = {
    .type = SHAPE_OBJECT, .name = "route", .fields = route_fields};
const struct shape routes_shape = {.type = SHAPE_LIST, .of = &route_shape};

static int load_name(
    struct load *load, const struct jnode *node, struct route *route, struct error *err)
{
	struct jnode id = jnode_member(node, "@id");

	if (id.value == NULL)
		return 0;
	if (jnode_string(&id, &route->name, err) == -1)
		return -1;
	if (route->name[0] == '#' || route->name[0] == '\0')
		return jnode_error(&id, err, ERROR_INVALID,
		    "must be a name; '#' begins the handles of routes without one");
	route->name = arena_strdup(load->arena, route->name);
	return 0;
}

static int load_parts(
    struct load *load, const struct jnode *node, struct route *route, struct error *err)
{
	if (jnode_object(node, err) == -1 || load_name(load, node, route, err) == -1)
		return -1;
	return fields_load(route_fields, load, node, NULL, load->arena, route, err);
}

int route_load(struct load *load, const struct jnode *node, struct route *route, struct error *err)
{
	int rc;

	if (route->identity == NULL)
		return load_parts(load, node, route, err);
	load->identity = route->identity;
	load->route = node;
	load->needs = 0;
	load->trusts_ours = false;
	rc = load_parts(load, node, route, err);
	route->needs = load->needs;
	route->trusts_ours = load->trusts_ours;
	load->identity = NULL;
	load->route = NULL;
	return rc;
}

int routes_load(struct load *load, const struct jnode *node, struct route ***items, size_t *count,
    struct error *err)
{
	size_t i;
	int rc = 0;

	if (jnode_array(node, err) == -1)
		return -1;
	*count = json_array_size(node->value);
	*items = arena_array(load->arena, *count, sizeof(**items));
	for (i = 0; i < *count; i++) {
		struct jnode item = jnode_item(node, i);

		(*items)[i] = arena_alloc(load->arena, sizeof(struct route));
		if (!errors_go_on(route_load(load, &item, (*items)[i], err), &rc, err))
			break;
	}
	return rc;
}

int route_list_load_routes(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct route_list *list = target;

	return routes_load(load, node, &list->items, &list->count, err);
}

int route_list_finish(
    struct load *load, const struct jnode *node, struct route_list *list, struct error *err)
{
	struct jnode silence = jnode_member(node, "silence_timeout");

	if (list->silence_timeout > 0 && list->silence_timeout >= list->matching_timeout)
		return jnode_error(&silence, err, ERROR_INVALID,
		    "must be shorter than matching_timeout, or it never has an effect");
	list->index = route_index_new(load->arena, list->items, list->count);
	return 0;
}

/* ---- top-level routes ----------------------------------------------------------------------- */

struct route_identity *route_identity_new(uint64_t handle)
{
	struct route_identity *identity = mem_zalloc(sizeof(*identity));

	identity->refs = 1;
	identity->handle = handle;
	identity->tallies = tallies_new();
	return identity;
}

struct route_identity *route_identity_ref(struct route_identity *identity)
{
	atomic_fetch_add(&identity->refs, 1);
	return identity;
}

void route_identity_unref(struct route_identity *identity)
{
	if (atomic_fetch_sub(&identity->refs, 1) > 1)
		return;
	tallies_unref(identity->tallies);
	free(identity);
}

struct route *route_new(json_t *json, const char *server, struct route_identity *identity)
{
	struct arena *arena = arena_new(ROUTE_ARENA);
	struct route *route = arena_alloc(arena, sizeof(*route));

	arena_release(arena, (void (*)(void *))route_identity_unref, route_identity_ref(identity));
	arena_release(arena, (void (*)(void *))json_decref, json_incref(json));
	route->arena = arena;
	route->refs = 1;
	route->json = json;
	route->identity = identity;
	route->server = arena_strdup(arena, server);
	route->name = arena_printf(arena, "#%llu", (unsigned long long)identity->handle);
	return route;
}

struct route *route_ref(struct route *route)
{
	atomic_fetch_add_explicit(&route->refs, 1, memory_order_relaxed);
	return route;
}

void route_unref(struct route *route)
{
	if (route != NULL && atomic_fetch_sub_explicit(&route->refs, 1, memory_order_acq_rel) == 1)
		arena_free(route->arena);
}

/* Routes with connections. Written only where a route gets its first or loses its last one. */
static _Atomic uint64_t held_routes;

uint64_t routes_held(void)
{
	return atomic_load_explicit(&held_routes, memory_order_relaxed);
}

struct route *route_enter(struct route *route)
{
	if (route->identity != NULL) {
		if (atomic_fetch_add_explicit(&route->held, 1, memory_order_relaxed) == 0)
			atomic_fetch_add_explicit(&held_routes, 1, memory_order_relaxed);
	}
	return route_ref(route);
}

void route_leave(struct route *route)
{
	if (route->identity != NULL) {
		if (atomic_fetch_sub_explicit(&route->held, 1, memory_order_relaxed) == 1)
			atomic_fetch_sub_explicit(&held_routes, 1, memory_order_relaxed);
	}
	route_unref(route);
}
