/* SPDX-License-Identifier: BSD-2-Clause */
/* The app "layer4": servers, their listeners and their routes. */
#include <config.h>

#include "daemon/config/layer4.h"

#include <jansson.h>

#include "common/duration.h"
#include "common/errors.h"
#include "daemon/core/load.h"
#include "daemon/core/route.h"
#include "daemon/core/transports.h"
#include "daemon/core/trust.h"
#include "daemon/net/address.h"
#include "daemon/upstream/health.h"

#define IDLE_TIMEOUT_DEFAULT (30 * DURATION_S)

static const struct field server_fields[] = {
    FIELD_STRINGS(struct server, listen, "listen", FIELD_REQUIRED | FIELD_OPEN,
	"addresses to listen on: [network/][host]:port, with port ranges"),
    FIELD_STRINGS(struct server, paused, "paused", 0,
	"those of the addresses that stay bound but accept nothing for now"),
    FIELD_DURATION(struct server, idle_timeout, "idle_timeout", 0, "30s",
	"UDP: how long a silent client address is remembered"),
    FIELD_INT(struct server, max_flows, "max_flows", 0, "131072", 1, 16777216,
	"UDP: most client addresses at a time, of each listening address"),
    FIELD_INT(struct server, max_flows_per_source, "max_flows_per_source", 0, "16384", 1, 16777216,
	"UDP: the same of one client's IPv4 address or IPv6 network of 64 bits"),
    FIELD_DURATION(struct server, log_interval, "log_interval", 0, "1h",
	"a connection has a line in the log whenever it is so much older; 0: at its end alone"),
    ROUTE_LIST_OPTIONS(struct server, routes),
    FIELD_CUSTOM(struct server, own, "routes", 0, route_table_load, &routes_shape,
	"the routes, asked in order"),
    FIELD_END,
};

/* That no other server listens there is seen when all servers are known. */
static int check_listen(const struct jnode *node, const struct server *server, struct error *err)
{
	struct jnode list = jnode_member(node, "listen");
	struct address_range range;
	struct error reason;
	size_t i;

	for (i = 0; i < server->listen.count; i++) {
		struct jnode item = jnode_item(&list, i);

		if (address_parse_listen(server->listen.items[i], &range, &reason) == -1)
			return jnode_error(&item, err, reason.code, "%s", reason.message);
	}
	return 0;
}

static int load_server(struct load *load, const struct jnode *node, struct error *err)
{
	static const struct field name = {.name = "servers", .flags = FIELD_OPEN};
	struct server *server = arena_alloc(load->arena, sizeof(*server));
	char path[sizeof(err->path)];

	if (jnode_object(node, err) == -1 || trust_text(load, &name, node->key, node, err) == -1)
		return -1;
	server_set_name(server, arena_strdup(load->arena, node->key));
	server->path = arena_strdup(load->arena, jnode_path(node, path, sizeof(path)));
	if (fields_load(server_fields, load, node, NULL, load->arena, server, err) == -1 ||
	    check_listen(node, server, err) == -1 ||
	    route_list_finish(load, node, &server->routes, err) == -1 ||
	    transports_check(node, &server->routes, &server->listen, err) == -1)
		return -1;
	if (server->idle_timeout == 0) /* as in the reference */
		server->idle_timeout = IDLE_TIMEOUT_DEFAULT;
	return instance_add_server(load, server, err);
}

static int load_servers(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	const char *name;
	json_t *value;
	int rc = 0;

	(void)target;
	if (jnode_object(node, err) == -1)
		return -1;
	json_object_foreach (node->value, name, value) {
		struct jnode server = jnode_member(node, name);

		if (!errors_go_on(load_server(load, &server, err), &rc, err))
			break;
	}
	return rc;
}

static const struct shape server_shape = {.type = SHAPE_OBJECT, .fields = server_fields};
static const struct shape servers_shape = {.type = SHAPE_MAP, .of = &server_shape};

static const struct field app_fields[] = {
    {.name = "servers",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_servers,
	.shape = &servers_shape,
	.help = "the servers, by name"},
    FIELD_END,
};

static int load_app(struct load *load, const struct jnode *app, struct error *err)
{
	char nothing; /* the fields go where they belong by themselves */

	if (app->value == NULL)
		return 0;
	return fields_load(app_fields, load, app, NULL, load->arena, &nothing, err);
}

static void published(struct instance *instance)
{
	health_published(instance);
}

const struct app_type app_layer4 = {
    .name = "layer4",
    .help = "servers that route connections by what they say and where they come from",
    .fields = app_fields,
    .load = load_app,
    .published = published,
};
