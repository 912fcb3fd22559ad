/* SPDX-License-Identifier: BSD-2-Clause */
/* server.ls, server.show, listener.ls, listener.show. */
#include <config.h>

#include <string.h>

#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/core/tally.h"

static const struct param name_params[] = {
    {.name = "name", .type = PARAM_TEXT, .required = true, .help = "of the server"},
    {.name = NULL},
};

static const struct param address_params[] = {
    {.name = "address", .type = PARAM_TEXT, .required = true, .help = "as it was added"},
    {.name = NULL},
};

/* ---- servers -------------------------------------------------------------------------------- */

static void pack_listen(struct pack *pack, const struct strings *listen)
{
	struct pack_box list;
	size_t i;

	pack_array_open(pack, &list);
	for (i = 0; i < listen->count && i < ROW_TEXTS_MAX; i++)
		rows_text(pack_item(&list), listen->items[i]);
	pack_close(&list);
}

/* Its own routes and those of its listener wrappers, which are listed as its. */
static size_t count_routes(const struct instance *in, const struct server *server)
{
	size_t count = server->routes.count, i;

	for (i = 0; i < in->table_count; i++)
		if (in->tables[i]->wrapper != NULL &&
		    strcmp(in->tables[i]->server, server->name) == 0)
			count += in->tables[i]->routes->count;
	return count;
}

/* Who comes to a wrapper's route has come to the server's own route before. */
static void pack_server(
    struct pack_box *map, const struct instance *in, const struct server *server)
{
	uint64_t hits = 0, active = 0;
	struct tally sum;
	size_t i;

	for (i = 0; i < server->routes.count; i++) {
		tallies_sum(server->routes.items[i]->identity->tallies, &sum);
		hits += counter_get(&sum.opened);
		active += tally_active(&sum);
	}
	rows_text(pack_key(map, "name"), server->name);
	pack_listen(pack_key(map, "listeners"), &server->listen);
	pack_u64(pack_key(map, "routes"), count_routes(in, server));
	pack_u64(pack_key(map, "hits"), hits);
	pack_u64(pack_key(map, "active"), active);
}

static bool next_server(struct rows *rows, struct pack_box *items)
{
	struct pack_box map;

	if (rows->list == rows->instance->server_count)
		return false;
	pack_map_open(pack_item(items), &map);
	pack_server(&map, rows->instance, rows->instance->servers[rows->list++]);
	pack_close(&map);
	return true;
}

static void run_server_ls(struct call *call, const struct argument *args)
{
	(void)args;
	rows_start(call, next_server);
}

const struct method method_server_ls = {
    .name = CONTROL_SERVER_LS,
    .help = "the servers",
    .level = LEVEL_OBSERVE,
    .run = run_server_ls,
};

static void fail_not_found(struct call *call, const char *what, struct span name)
{
	struct error err;

	error_set(&err, ERROR_NOT_FOUND, "%s '%.*s'", what, (int)(name.n < 256 ? name.n : 256),
	    (const char *)name.p);
	call_fail(call, &err);
}

static void run_server_show(struct call *call, const struct argument *args)
{
	const struct instance *in = instance_current();
	size_t i;

	for (i = 0; in != NULL && i < in->server_count; i++) {
		if (!span_eq_str(args[0].text, in->servers[i]->name))
			continue;
		pack_server(call_result(call), in, in->servers[i]);
		call_finish(call);
		return;
	}
	fail_not_found(call, "no server", args[0].text);
}

const struct method method_server_show = {
    .name = CONTROL_SERVER_SHOW,
    .help = "one server",
    .level = LEVEL_OBSERVE,
    .params = name_params,
    .run = run_server_show,
};

/* ---- listeners ------------------------------------------------------------------------------ */

static bool is_paused(const struct server *server, const char *address)
{
	size_t i;

	for (i = 0; i < server->paused.count; i++)
		if (strcmp(server->paused.items[i], address) == 0)
			return true;
	return false;
}

static void pack_listener(struct pack_box *map, const struct server *server, const char *address)
{
	rows_text(pack_key(map, "address"), address);
	rows_text(pack_key(map, "server"), server->name);
	pack_bool(pack_key(map, "paused"), is_paused(server, address));
}

static bool next_listener(struct rows *rows, struct pack_box *items)
{
	const struct instance *in = rows->instance;
	const struct server *server;
	struct pack_box map;

	while (
	    rows->list < in->server_count && rows->item == in->servers[rows->list]->listen.count) {
		rows->list++;
		rows->item = 0;
	}
	if (rows->list == in->server_count)
		return false;
	server = in->servers[rows->list];
	pack_map_open(pack_item(items), &map);
	pack_listener(&map, server, server->listen.items[rows->item++]);
	pack_close(&map);
	return true;
}

static void run_listener_ls(struct call *call, const struct argument *args)
{
	(void)args;
	rows_start(call, next_listener);
}

const struct method method_listener_ls = {
    .name = CONTROL_LISTENER_LS,
    .help = "the addresses that are listened on",
    .level = LEVEL_OBSERVE,
    .run = run_listener_ls,
};

static void run_listener_show(struct call *call, const struct argument *args)
{
	const struct instance *in = instance_current();
	size_t i, j;

	for (i = 0; in != NULL && i < in->server_count; i++) {
		const struct strings *listen = &in->servers[i]->listen;

		for (j = 0; j < listen->count; j++) {
			if (!span_eq_str(args[0].text, listen->items[j]))
				continue;
			pack_listener(call_result(call), in->servers[i], listen->items[j]);
			call_finish(call);
			return;
		}
	}
	fail_not_found(call, "no server listens on", args[0].text);
}

const struct method method_listener_show = {
    .name = CONTROL_LISTENER_SHOW,
    .help = "one address that is listened on",
    .level = LEVEL_OBSERVE,
    .params = address_params,
    .run = run_listener_show,
};
