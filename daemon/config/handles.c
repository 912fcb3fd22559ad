/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/handles.h"

#include <string.h>
#include <time.h>

#include "common/log.h"
#include "daemon/config/holder.h"
#include "daemon/core/handle.h"
#include "daemon/core/item_key.h"

static struct {
	uint64_t last;     /* given */
	uint64_t reserved; /* on disk: none above it was given before a crash */
	int (*reserve)(struct error *err);
	json_t *servers; /* {LIST: {KEY: HANDLE}} */
} handles;

/* ---- for the loader -------------------------------------------------------------------------- */

/*
 * A disk that takes nothing must not stop a change: then numbers come from the clock. It goes on
 * while nothing is written, so a later start, which knows nothing of these, does not give them.
 */
static void reserve_block(void)
{
	uint64_t now = (uint64_t)time(NULL);
	struct error err;
	char text[sizeof(err.path) + sizeof(err.message) + 4];

	handles.reserved = handles.last + HANDLES_BLOCK;
	if (handles.reserve == NULL || handles.reserve(&err) == 0)
		return;
	log_msg(LOG_ERROR, "config", "the numbers of new routes cannot be kept: %s",
	    error_text(&err, text, sizeof(text)));
	if (handles.last < now)
		handles.last = now;
	handles.reserved = handles.last + HANDLES_BLOCK;
}

static uint64_t next(void)
{
	if (handles.last == handles.reserved)
		reserve_block();
	return ++handles.last;
}

/* 0 for what is no handle. */
static uint64_t number(const json_t *value)
{
	json_int_t n = json_integer_value(value);

	return n > 0 ? (uint64_t)n : 0;
}

static uint64_t kept(const char *list, const char *key)
{
	return number(json_object_get(json_object_get(handles.servers, list), key));
}

static const struct handle_source source = {.next = next, .kept = kept};

/* ---- beginning and end ----------------------------------------------------------------------- */

void handles_start(const json_t *from, int (*reserve)(struct error *err))
{
	json_t *servers = json_object_get(from, "servers");

	handles.last = handles.reserved = number(json_object_get(from, "last"));
	handles.reserve = reserve;
	handles.servers = json_is_object(servers) ? json_incref(servers) : json_object();
	handle_source_set(&source);
}

void handles_start_anew(int (*reserve)(struct error *err))
{
	handles_start(NULL, reserve);
	handles.last = handles.reserved = (uint64_t)time(NULL);
}

void handles_stop(void)
{
	handle_source_set(NULL);
	json_decref(handles.servers);
	memset(&handles, 0, sizeof(handles));
}

bool handles_settle(void)
{
	bool left = handles.reserved != handles.last;

	handles.reserved = handles.last;
	return left;
}

json_t *handles_json(void)
{
	return json_pack(
	    "{s:I, s:O}", "last", (json_int_t)handles.reserved, "servers", handles.servers);
}

/* ---- keeping -------------------------------------------------------------------------------- */

static void set(json_t *keys, const char *key, uint64_t handle)
{
	json_object_set_new(keys, key, json_integer((json_int_t)handle));
}

/* The handles of a list's routes as they are now. */
static json_t *running(const struct route_table *table)
{
	const struct route_list *routes = table->routes;
	json_t *out = json_object();
	struct item_keys keys;
	size_t i;

	item_keys_make(&keys, table->json);
	for (i = 0; i < keys.count && i < routes->count; i++)
		set(out, keys.items[i], routes->items[i]->identity->handle);
	item_keys_fini(&keys);
	return out;
}

static bool is_taken(json_t *keys, uint64_t handle)
{
	const char *key;
	json_t *value;

	json_object_foreach (keys, key, value)
		if (number(value) == handle)
			return true;
	return false;
}

/* The same for a list that is not what runs: first what runs of it, then what is kept. */
static json_t *of_list(const char *name, const json_t *list, json_t *now)
{
	json_t *out = json_object(), *value;
	struct item_keys keys;
	uint64_t handle;
	size_t i;

	item_keys_make(&keys, list);
	for (i = 0; i < keys.count; i++) {
		value = json_object_get(now, keys.items[i]);
		if (value != NULL)
			json_object_set(out, keys.items[i], value);
	}
	for (i = 0; i < keys.count; i++) {
		handle = kept(name, keys.items[i]);
		if (handle != 0 && json_object_get(out, keys.items[i]) == NULL &&
		    !is_taken(out, handle))
			set(out, keys.items[i], handle);
	}
	item_keys_fini(&keys);
	return out;
}

static void keep_lists(const struct instance *instance, json_t *saved, json_t *out)
{
	char name[HOLDER_NAME_MAX];
	struct holders h;

	holders_start(&h, saved);
	while (holders_next(&h)) {
		const json_t *list = json_object_get(h.way.value, "routes");
		const struct route_table *table = instance_table(instance, holder_name(&h, name));
		json_t *keys = table != NULL ? running(table) : json_object(), *all;

		if (table == NULL || list != table->json) {
			all = of_list(name, list, keys);
			json_decref(keys);
			keys = all;
		}
		json_object_set_new(out, name, keys);
	}
}

/* Servers that are not lists of routes in the document: each has one. */
static void keep_others(const struct instance *instance, json_t *out)
{
	size_t i;

	for (i = 0; i < instance->table_count; i++) {
		const struct route_table *table = instance->tables[i];
		json_t *keys;

		if (table->json != NULL || table->routes->count != 1)
			continue;
		keys = json_object();
		set(keys, HANDLE_KEY_ONLY, table->routes->items[0]->identity->handle);
		json_object_set_new(out, table->name, keys);
	}
}

bool handles_keep(const struct instance *instance, json_t *saved)
{
	json_t *servers = json_object();
	bool changed;

	keep_lists(instance, saved, servers);
	keep_others(instance, servers);
	changed = !json_equal(servers, handles.servers);
	json_decref(handles.servers);
	handles.servers = servers;
	return changed;
}

void handles_restore(const json_t *before)
{
	json_decref(handles.servers);
	handles.servers = json_incref(json_object_get(before, "servers"));
}
