/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/app.h"

#include <stdlib.h>
#include <string.h>

#include "common/errors.h"
#include "common/log.h"
#include "daemon/core/load.h"
#include "daemon/core/worker.h"
#include "daemon/http/auto_https.h"
#include "daemon/http/serve.h"
#include "daemon/http/server.h"

#define REDIRECT_SERVER "remaining_auto_https_redirects"

struct app {
	int64_t http_port, https_port, grace_period, shutdown_delay;
	json_t *servers, *metrics;
};

static int keep(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)err;
	*(json_t **)target = node->value;
	return 0;
}

static const struct field fields[] = {
    FIELD_INT(struct app, http_port, "http_port", 0, "80", 1, 65535,
	"the port for HTTP: no TLS there; redirects are served on it"),
    FIELD_INT(struct app, https_port, "https_port", 0, "443", 1, 65535, "the port for HTTPS"),
    FIELD_DURATION(struct app, grace_period, "grace_period", 0, NULL,
	"how long connections may go on when the daemon stops"),
    FIELD_DURATION(struct app, shutdown_delay, "shutdown_delay", FIELD_HIDDEN, NULL, NULL),
    FIELD_CUSTOM(struct app, metrics, "metrics", FIELD_HIDDEN, keep, &shape_any, NULL),
    FIELD_CUSTOM(
	struct app, servers, "servers", 0, keep, &http_servers_shape, "the servers, by name"),
    FIELD_END,
};

static int compare_servers(const void *a, const void *b)
{
	return strcmp(
	    ((const struct http_settings *)a)->name, ((const struct http_settings *)b)->name);
}

/* Sorted, so that what is decided over all of them does not depend on their order. */
static int load_settings(
    struct load *load, const struct jnode *servers, struct http_plan *plan, struct error *err)
{
	const char *name;
	json_t *value;
	int rc = 0;

	if (jnode_object(servers, err) == -1)
		return -1;
	plan->servers =
	    arena_array(load->arena, json_object_size(servers->value), sizeof(*plan->servers));
	json_object_foreach (servers->value, name, value) {
		struct jnode node = jnode_member(servers, name);

		if (!errors_go_on(
			http_settings_load(load, &node, &plan->servers[plan->count++], err), &rc,
			err))
			break;
	}
	if (rc == 0)
		qsort(plan->servers, plan->count, sizeof(*plan->servers), compare_servers);
	return rc;
}

static int add_redirect_server(struct load *load, const struct http_plan *plan, struct error *err)
{
	struct jnode node = {.value = plan->redirects, .key = REDIRECT_SERVER};
	struct http_settings settings = {0};

	if (plan->redirects == NULL)
		return 0;
	if (http_settings_load(load, &node, &settings, err) == -1)
		return -1;
	return http_server_add(load, &settings, plan->http_port, err);
}

static int add_servers(struct load *load, const struct http_plan *plan, struct error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < plan->count; i++)
		if (!errors_go_on(
			http_server_add(load, &plan->servers[i], plan->http_port, err), &rc, err))
			break;
	return rc == 0 ? add_redirect_server(load, plan, err) : -1;
}

/* Does load leave out or change an HTTP server that was there before? */
static bool replaces(const struct load *load)
{
	const struct instance *before = load->before, *in = load->instance;
	size_t i, k;

	for (i = 0; before != NULL && i < before->server_count; i++) {
		const struct server *old = before->servers[i];

		if (strncmp(old->name, "http/", 5) != 0)
			continue;
		for (k = 0; k < in->server_count; k++)
			if (in->servers[k]->routes.count > 0 &&
			    in->servers[k]->routes.items[0] == old->routes.items[0])
				break;
		if (k == in->server_count)
			return true;
	}
	return false;
}

static int load_servers(struct load *load, const struct jnode *node, struct error *err)
{
	struct http_plan plan = {0};
	struct app app = {0};
	struct jnode servers;

	if (jnode_object(node, err) == -1 ||
	    fields_load(fields, load, node, NULL, load->arena, &app, err) == -1)
		return -1;
	load->instance->grace_period = app.grace_period;
	if (app.shutdown_delay != 0 || app.metrics != NULL)
		log_msg(LOG_WARN, "http", "apps.http: shutdown_delay and metrics have no effect");
	plan.http_port = app.http_port;
	plan.https_port = app.https_port;
	servers = jnode_member(node, "servers");
	if (servers.value == NULL)
		return 0;
	if (load_settings(load, &servers, &plan, err) == -1)
		return -1;
	http_auto_https(load, &plan);
	return add_servers(load, &plan, err);
}

/* Some server has been replaced since connections were last told. Control thread. */
static bool connections_left;

static int load_app(struct load *load, const struct jnode *node, struct error *err)
{
	if (node->value != NULL && load_servers(load, node, err) == -1)
		return -1;
	connections_left = connections_left || replaces(load);
	return 0;
}

static void leave(struct worker *w, void *arg)
{
	(void)arg;
	http_serve_leave(w);
}

/* Connections that wait for a request would go on with what is no longer configured. */
static void published(struct instance *instance)
{
	(void)instance;
	if (connections_left)
		workers_visit(leave, NULL, NULL);
	connections_left = false;
}

const struct app_type app_http = {
    .name = "http",
    .help = "sites: static answers and redirects, for the names whose certificates are managed",
    .fields = fields,
    .load = load_app,
    .published = published,
};
