/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/instance.h"

#include <string.h>

#include "daemon/core/load.h"
#include "daemon/core/tally.h"

static const struct app_type *const *registered;

void app_types_set(const struct app_type *const *types)
{
	registered = types;
}

const struct app_type *const *app_types(void)
{
	return registered;
}

struct instance *instance_ref(struct instance *instance)
{
	atomic_fetch_add_explicit(&instance->refs, 1, memory_order_relaxed);
	return instance;
}

/* Its document was given back when it was replaced, by the thread that owns documents. */
void instance_unref(struct instance *instance)
{
	if (instance != NULL &&
	    atomic_fetch_sub_explicit(&instance->refs, 1, memory_order_acq_rel) == 1)
		arena_free(instance->arena);
}

const struct server *instance_server(const struct instance *instance, const char *name)
{
	size_t i;

	for (i = 0; i < instance->server_count; i++)
		if (strcmp(instance->servers[i]->name, name) == 0)
			return instance->servers[i];
	return NULL;
}

const json_t *instance_routes_json(const struct instance *instance, const char *name)
{
	const json_t *at = json_object_get(instance->document, "apps");

	at = json_object_get(json_object_get(at, "layer4"), "servers");
	return json_object_get(json_object_get(at, name), "routes");
}

int instance_add_server(struct load *load, struct server *server, struct error *err)
{
	struct instance *in = load->instance;
	size_t i;

	for (i = 0; i < in->server_count; i++)
		if (strcmp(in->servers[i]->name, server->name) == 0)
			return error_set(
			    err, ERROR_EXISTS, "server '%s' exists already", server->name);
	if ((in->server_count & (in->server_count + 1)) == 0) {
		struct server **more =
		    arena_array(in->arena, 2 * in->server_count + 2, sizeof(*more));

		if (in->server_count > 0)
			memcpy(more, in->servers, in->server_count * sizeof(*more));
		in->servers = more;
	}
	server->tallies = tallies_get(TALLIES_SERVER, server->name);
	arena_release(load->arena, (void (*)(void *))tallies_unref, server->tallies);
	in->servers[in->server_count++] = server;
	return 0;
}

void instance_manage(struct load *load, const char *name)
{
	struct instance *in = load->instance;
	size_t i;

	for (i = 0; i < in->managed.count; i++)
		if (strcmp(in->managed.items[i], name) == 0)
			return;
	if ((in->managed.count & (in->managed.count + 1)) == 0) {
		const char **more =
		    arena_array(in->arena, 2 * in->managed.count + 2, sizeof(*more));

		if (in->managed.count > 0)
			memcpy(more, in->managed.items, in->managed.count * sizeof(*more));
		in->managed.items = more;
	}
	in->managed.items[in->managed.count++] = arena_strdup(in->arena, name);
}
