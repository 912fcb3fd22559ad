/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/instance.h"

#include <string.h>
#include <uthash.h>

#include "daemon/core/load.h"
#include "daemon/core/tally.h"
#include "daemon/core/worker.h"

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

/* ---- retired ones, on the control thread ---------------------------------------------------- */

#define SWEEP_INTERVAL 1. /* seconds */

static struct {
	struct instance *first;
	ev_timer sweep; /* while there is one */
} retired;

static bool is_left(const struct instance *instance)
{
	return atomic_load_explicit(&instance->refs, memory_order_acquire) == 1;
}

static void on_sweep(struct ev_loop *loop, ev_timer *w, int events)
{
	struct instance **at = &retired.first, *instance;

	(void)events;
	while ((instance = *at) != NULL) {
		if (!is_left(instance)) {
			at = &instance->next_retired;
			continue;
		}
		*at = instance->next_retired;
		instance_unref(instance);
	}
	if (retired.first == NULL)
		ev_timer_stop(loop, w);
}

void instance_retire(struct instance *instance)
{
	if (is_left(instance)) {
		instance_unref(instance);
		return;
	}
	instance->next_retired = retired.first;
	retired.first = instance;
	if (ev_is_active(&retired.sweep))
		return;
	ev_timer_init(&retired.sweep, on_sweep, SWEEP_INTERVAL, SWEEP_INTERVAL);
	ev_timer_start(control_loop(), &retired.sweep);
}

void instances_forget(void)
{
	struct instance *instance;

	ev_timer_stop(control_loop(), &retired.sweep);
	while ((instance = retired.first) != NULL) {
		retired.first = instance->next_retired;
		instance_unref(instance);
	}
}

/* ---- what it holds -------------------------------------------------------------------------- */

const struct server *instance_server(const struct instance *instance, const char *name)
{
	size_t i;

	for (i = 0; i < instance->server_count; i++)
		if (strcmp(instance->servers[i]->name, name) == 0)
			return instance->servers[i];
	return NULL;
}

const struct route_table *instance_table(const struct instance *instance, const char *name)
{
	size_t i;

	for (i = 0; i < instance->table_count; i++)
		if (strcmp(instance->tables[i]->name, name) == 0)
			return instance->tables[i];
	return NULL;
}

void server_set_name(struct server *server, const char *name)
{
	server->name = name;
	server->own = (struct route_table){.name = name, .server = name, .routes = &server->routes};
}

/* items with room for one more than count; it grows to one less than a power of two. */
static void *with_room(struct arena *arena, void *items, size_t count)
{
	void **more;

	if ((count & (count + 1)) != 0)
		return items;
	more = arena_array(arena, 2 * count + 2, sizeof(*more));
	if (count > 0)
		memcpy(more, items, count * sizeof(*more));
	return more;
}

int instance_add_server(struct load *load, struct server *server, struct error *err)
{
	struct instance *in = load->instance;

	if (instance_server(in, server->name) != NULL)
		return error_set(err, ERROR_EXISTS, "server '%s' exists already", server->name);
	in->servers = with_room(in->arena, in->servers, in->server_count);
	server->tallies = tallies_get(TALLIES_SERVER, server->name);
	arena_release(load->arena, (void (*)(void *))tallies_unref, server->tallies);
	in->servers[in->server_count++] = server;
	return instance_add_table(load, &server->own, err);
}

int instance_add_table(struct load *load, const struct route_table *table, struct error *err)
{
	struct instance *in = load->instance;

	if (instance_table(in, table->name) != NULL)
		return error_set(err, ERROR_EXISTS,
		    "a server '%s' and a listener wrapper that is called so; rename the server",
		    table->name);
	in->tables = with_room(in->arena, in->tables, in->table_count);
	in->tables[in->table_count++] = table;
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
	in->managed.items = with_room(in->arena, in->managed.items, in->managed.count);
	in->managed.items[in->managed.count++] = name;
}
