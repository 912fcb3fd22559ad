/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/wrappers.h"

#include <string.h>

#include "daemon/core/conn.h"
#include "daemon/core/explain.h"
#include "daemon/core/routing.h"
#include "daemon/core/transports.h"

struct wrapper {
	struct route_list routes;
	struct route_table table;
};

const struct field http_wrapper_fields[] = {
    ROUTE_LIST_OPTIONS(struct wrapper, routes),
    FIELD_CUSTOM(struct wrapper, table, "routes", 0, route_table_load, &routes_shape,
	"the routes, asked in order"),
    FIELD_END,
};

bool http_wrapper_is(const json_t *wrapper, const char *name)
{
	const char *its = json_string_value(json_object_get(wrapper, "wrapper"));

	return its != NULL && strcmp(its, name) == 0;
}

static int load_wrapper(struct load *load, const struct jnode *node,
    const struct http_settings *settings, size_t number, const struct route_table **out,
    struct error *err)
{
	const char *server = settings->name;
	struct wrapper *w = arena_alloc(load->arena, sizeof(*w));
	const char *name = arena_printf(load->arena, "http/%s/layer4[%zu]", server, number);

	w->table = (struct route_table){
	    .name = name,
	    .server = arena_printf(load->arena, "http/%s", server),
	    .wrapper = name + strlen("http/"),
	    .routes = &w->routes,
	};
	if (fields_load(http_wrapper_fields, load, node, "wrapper", load->arena, w, err) == -1 ||
	    route_list_finish(load, node, &w->routes, err) == -1 ||
	    transports_check(node, &w->routes, &settings->listen, err) == -1 ||
	    instance_add_table(load, &w->table, err) == -1)
		return -1;
	*out = &w->table;
	return 0;
}

int http_wrappers_load(struct load *load, const struct http_settings *settings,
    const struct route_table *const **out, struct error *err)
{
	struct jnode list = jnode_member(&settings->node, "listener_wrappers");
	size_t i, n = 0, count = json_array_size(list.value);
	const struct route_table **tables = arena_array(load->arena, count, sizeof(*tables));

	*out = tables;
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(&list, i);

		if (!http_wrapper_is(item.value, "layer4"))
			continue;
		if (load_wrapper(load, &item, settings, n, &tables[n], err) == -1)
			return -1;
		n++;
	}
	return 0;
}

/* ---- the step in the chain ------------------------------------------------------------------ */

static const struct route_list *routes_of(const struct server *server, const void *params)
{
	const size_t *number = params;

	return server->wrappers[*number]->routes;
}

static enum handle_result handle(struct conn *conn, const void *params)
{
	return routing_enter(conn, routes_of(conn->matching->server, params));
}

static enum explained explain(struct explain *e, const void *params)
{
	return explain_inner(e, routes_of(e->server, params));
}

const struct handler_type handler_http_layer4 = {
    .name = "layer4",
    .help = "asks the routes of a listener wrapper; goes on in the chain where none matches",
    .params_size = sizeof(size_t),
    .handle = handle,
    .explain = explain,
    .internal = true,
};
