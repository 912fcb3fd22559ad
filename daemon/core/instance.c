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

/* ---- by name -------------------------------------------------------------------------------- */

struct named {
	UT_hash_handle hh;
	const void *item;
};

static const void *named_find(const struct named *names, const char *name)
{
	struct named *found;

	HASH_FIND_STR(names, name, found);
	return found != NULL ? found->item : NULL;
}

static void forget_names(void *names)
{
	struct named **all = names;

	HASH_CLEAR(hh, *all);
}

/* name is kept. */
static void named_add(struct arena *arena, struct named **names, const char *name, const void *item)
{
	struct named *named = arena_alloc(arena, sizeof(*named));

	if (*names == NULL)
		arena_release(arena, forget_names, names);
	named->item = item;
	HASH_ADD_KEYPTR(hh, *names, name, strlen(name), named);
}

/* ---- what it holds -------------------------------------------------------------------------- */

const struct server *instance_server(const struct instance *instance, const char *name)
{
	return named_find(instance->server_names, name);
}

const struct route_table *instance_table(const struct instance *instance, const char *name)
{
	return named_find(instance->table_names, name);
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
	named_add(in->arena, &in->server_names, server->name, server);
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
	named_add(in->arena, &in->table_names, table->name, table);
	return 0;
}

void instance_manage(struct load *load, const char *name)
{
	struct instance *in = load->instance;

	if (named_find(in->managed_names, name) != NULL)
		return;
	name = arena_strdup(in->arena, name);
	named_add(in->arena, &in->managed_names, name, name);
	in->managed.items = with_room(in->arena, in->managed.items, in->managed.count);
	in->managed.items[in->managed.count++] = name;
}
