/* SPDX-License-Identifier: BSD-2-Clause */
/* route.ls, route.show: the top-level routes of all servers, and any one. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/config/holder.h"
#include "daemon/config/secrets.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/core/tally.h"

static void append(struct buf *out, const char *joint, const char *text)
{
	if (buf_len(out) > 0)
		buf_append_str(out, joint);
	buf_append_str(out, text);
}

/* What the route asks: "tls+remote_ip or ssh"; empty where it takes everything. */
static void label(struct buf *out, const json_t *json)
{
	json_t *sets = json_object_get(json, "match"), *set, *value;
	const char *name;
	size_t i;

	json_array_foreach (sets, i, set) {
		struct buf one = {0};

		json_object_foreach (set, name, value)
			append(&one, "+", name);
		append(out, " or ", buf_str(&one));
		buf_fini(&one);
	}
}

static void handlers(struct buf *out, const json_t *json)
{
	json_t *handler;
	size_t i;

	json_array_foreach (json_object_get(json, "handle"), i, handler) {
		const char *name = json_string_value(json_object_get(handler, "handler"));

		append(out, ",", name != NULL ? name : "?");
	}
}

static void pack_words(
    struct pack *pack, const json_t *json, void (*write)(struct buf *out, const json_t *json))
{
	struct buf text = {0};

	write(&text, json);
	rows_text(pack, buf_str(&text));
	buf_fini(&text);
}

/* Where a route is. */
struct whereabouts {
	const char *server;
	const char *wrapper; /* NULL: in none */
};

/* route NULL: one inside another, found by name, which has no handle and is not counted. */
static void pack_route(struct pack_box *map, struct whereabouts where, const char *name,
    const json_t *json, const struct route *route)
{
	const struct route_identity *identity = route != NULL ? route->identity : NULL;
	char handle[32] = "";
	struct tally sum;

	if (identity != NULL)
		snprintf(handle, sizeof(handle), "#%llu", (unsigned long long)identity->handle);
	rows_text(pack_key(map, "name"), route != NULL ? route->name : name);
	pack_str(pack_key(map, "handle"), identity != NULL ? handle : NULL);
	rows_text(pack_key(map, "id"), edit_id(json));
	rows_text(pack_key(map, "server"), where.server);
	rows_text(pack_key(map, "wrapper"), where.wrapper);
	pack_words(pack_key(map, "label"), json, label);
	pack_words(pack_key(map, "handlers"), json, handlers);
	pack_bool(pack_key(map, "disabled"), json_is_true(json_object_get(json, "disabled")));
	if (identity == NULL)
		return;
	tallies_sum(identity->tallies, &sum);
	pack_u64(pack_key(map, "hits"), counter_get(&sum.opened));
	pack_u64(pack_key(map, "active"), tally_active(&sum));
}

static struct whereabouts where_is(const struct route_table *table, const struct route *route)
{
	return (struct whereabouts){.server = route->server, .wrapper = table->wrapper};
}

/* ---- ls ------------------------------------------------------------------------------------- */

static bool next_route(struct rows *rows, struct pack_box *items)
{
	const struct instance *in = rows->instance;
	const struct route_table *table;
	const struct route *route;
	struct pack_box map;

	while (
	    rows->list < in->table_count && rows->item == in->tables[rows->list]->routes->count) {
		rows->list++;
		rows->item = 0;
	}
	if (rows->list == in->table_count)
		return false;
	table = in->tables[rows->list];
	route = table->routes->items[rows->item];
	pack_map_open(pack_item(items), &map);
	pack_route(&map, where_is(table, route), NULL, route->json, route);
	pack_u64(pack_key(&map, "index"), rows->item++);
	pack_close(&map);
	return true;
}

static void run_ls(struct call *call, const struct argument *args)
{
	(void)args;
	rows_start(call, next_route);
}

const struct method method_route_ls = {
    .name = CONTROL_ROUTE_LS,
    .help = "the routes of all servers, in their order",
    .level = LEVEL_OBSERVE,
    .run = run_ls,
};

/* ---- show ----------------------------------------------------------------------------------- */

/*
 * By the name that route.ls shows, or the handle; *table is the list that it is in. NULL: it is
 * inside another, or not there.
 */
static const struct route *top_route(
    const struct instance *in, const char *name, const struct route_table **table)
{
	char handle[32];
	size_t i, j;

	for (i = 0; i < in->table_count; i++) {
		*table = in->tables[i];
		for (j = 0; j < (*table)->routes->count; j++) {
			const struct route *route = (*table)->routes->items[j];

			snprintf(handle, sizeof(handle), "#%llu",
			    (unsigned long long)route->identity->handle);
			if (strcmp(route->name, name) == 0 || strcmp(handle, name) == 0)
				return route;
		}
	}
	return NULL;
}

static int pack_shown(struct call *call, struct whereabouts where, const char *name, json_t *json,
    const struct route *route, struct error *err)
{
	json_t *masked = secrets_mask(json);
	char *text = json_dumps(masked, JSON_COMPACT);
	struct pack_box *map;
	int rc = 0;

	if (text == NULL || strlen(text) > CONTROL_REQUEST_MAX) {
		rc = error_set(err, ERROR_LIMIT,
		    "the route is too long for one answer; 'pointsctl config show' has it");
	} else {
		map = call_result(call);
		pack_route(map, where, name, json, route);
		pack_str(pack_key(map, "json"), text);
	}
	free(text);
	json_decref(masked);
	return rc;
}

/* One inside another. */
static int pack_inner(
    struct call *call, const struct instance *in, const char *name, struct error *err)
{
	struct edit *edit = edit_new(in);
	char list[HOLDER_NAME_MAX], server[HOLDER_NAME_MAX];
	struct whereabouts where;
	struct holders h;
	struct way way;
	int rc = way_route(edit, name, &way, err);

	if (rc == 0) {
		holders_of(&h, in->document, &way);
		where.server = holder_server(&h, server);
		where.wrapper = h.http ? holder_name(&h, list) + strlen(HOLDER_HTTP) : NULL;
		rc = pack_shown(call, where, name, way.value, NULL, err);
	}
	edit_free(edit);
	return rc;
}

static int pack_found(struct call *call, const char *name, struct error *err)
{
	const struct instance *in = instance_current();
	const struct route_table *table;
	const struct route *route;

	if (in == NULL)
		return error_set(err, ERROR_NOT_FOUND, "no document is in force");
	route = top_route(in, name, &table);
	if (route == NULL)
		return pack_inner(call, in, name, err);
	return pack_shown(call, where_is(table, route), name, route->json, route, err);
}

static const struct param show_params[] = {
    {.name = "id", .type = PARAM_TEXT, .required = true, .help = "its @id or its handle"},
    {.name = NULL},
};

static void run_show(struct call *call, const struct argument *args)
{
	char *name = mem_zalloc(args[0].text.n + 1);
	struct error err;

	memcpy(name, args[0].text.p, args[0].text.n);
	if (pack_found(call, name, &err) == 0)
		call_finish(call);
	else
		call_fail(call, &err);
	free(name);
}

const struct method method_route_show = {
    .name = CONTROL_ROUTE_SHOW,
    .help = "one route with its JSON, secrets masked",
    .level = LEVEL_OBSERVE,
    .params = show_params,
    .run = run_show,
};
