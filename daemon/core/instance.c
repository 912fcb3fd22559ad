/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/instance.h"

#include <string.h>
#include <uthash.h>

#include "daemon/core/load.h"

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
	in->servers[in->server_count++] = server;
	return 0;
}

/* One of the names that are there. */
struct managed_name_seen {
	UT_hash_handle hh;
};

static void forget_seen(void *p)
{
	struct instance *in = p;

	HASH_CLEAR(hh, in->managed_seen);
}

/* A copy of the name; NULL: it is there. */
static const char *copy_new(struct instance *in, const char *name)
{
	struct managed_name_seen *seen;

	HASH_FIND_STR(in->managed_seen, name, seen);
	if (seen != NULL)
		return NULL;
	if (in->managed_seen == NULL)
		arena_release(in->arena, forget_seen, in);
	seen = arena_alloc(in->arena, sizeof(*seen));
	name = arena_strdup(in->arena, name);
	HASH_ADD_KEYPTR(hh, in->managed_seen, name, strlen(name), seen);
	return name;
}

void instance_manage(struct load *load, const char *name)
{
	struct instance *in = load->instance;

	name = copy_new(in, name);
	if (name == NULL)
		return;
	if ((in->managed.count & (in->managed.count + 1)) == 0) {
		const char **more =
		    arena_array(in->arena, 2 * in->managed.count + 2, sizeof(*more));

		if (in->managed.count > 0)
			memcpy(more, in->managed.items, in->managed.count * sizeof(*more));
		in->managed.items = more;
	}
	in->managed.items[in->managed.count++] = name;
}
