/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/edit.h"

#include <string.h>

#include "common/arena.h"
#include "daemon/config/edit_way.h"
#include "daemon/config/holder.h"
#include "daemon/core/replacer.h"

static json_t *open_servers(struct edit *e)
{
	struct way way = {.count = 0};
	static const char *const keys[] = {"apps", "layer4", "servers"};
	json_t *at;
	size_t i;

	for (i = 0; i < 3; i++) {
		at = way_open(e, &way);
		if (json_object_get(at, keys[i]) == NULL)
			json_object_set_new(at, keys[i], json_object());
		way.value = at;
		way_key(&way, keys[i]);
	}
	return way_open(e, &way);
}

int edit_server_add(struct edit *e, const char *name, json_t *server, struct error *err)
{
	json_t *servers = open_servers(e);
	struct way way;

	way_servers(e, "layer4", &way);
	if (way_fits(&way, server, err) == -1)
		return -1;
	if (json_object_get(servers, name) != NULL)
		return error_set(err, ERROR_EXISTS, "a server '%s' is there already", name);
	json_object_set(servers, name, server);
	edit_routes_taken(e);
	return 0;
}

int edit_server_remove(struct edit *e, const char *name, struct error *err)
{
	struct way way;

	if (way_server(e, name, &way, err) == -1)
		return -1;
	name = way.steps[--way.count].key;
	json_object_del(way_open(e, &way), name);
	edit_routes_taken(e);
	return 0;
}

/*
 * Does text, which earlier operations may have brought in without a look at it, name this address?
 * The http app replaces placeholders, and then lists what came of them.
 */
static bool names(const json_t *text, const char *address, bool http)
{
	const char *value = json_string_value(text);
	struct arena *arena;
	bool same;

	if (value == NULL || strcmp(value, address) == 0)
		return value != NULL;
	if (!http || strchr(value, '{') == NULL)
		return false;
	arena = arena_new(256);
	same = strcmp(replace_at_load(arena, value), address) == 0;
	arena_free(arena);
	return same;
}

/* To the server of app that listens on address; *text is how it is written there, borrowed. */
static bool find_in(
    struct edit *e, const char *app, const char *address, struct way *way, const char **text)
{
	bool http = strcmp(app, "http") == 0;
	json_t *servers, *server, *item;
	const char *name;
	size_t i;

	way_servers(e, app, way);
	servers = way->value;
	json_object_foreach (servers, name, server) {
		json_array_foreach (json_object_get(server, "listen"), i, item) {
			if (!names(item, address, http))
				continue;
			*text = json_string_value(item);
			way_key(way, name);
			return true;
		}
	}
	return false;
}

static bool find_listener(struct edit *e, const char *address, struct way *way, const char **text)
{
	return find_in(e, "layer4", address, way, text) || find_in(e, "http", address, way, text);
}

/* The list under key of the server that way is at; made where it is missing. */
static json_t *open_texts(struct edit *e, const struct way *server, const char *key)
{
	struct way way = *server;
	json_t *object = way_open(e, &way);

	if (json_object_get(object, key) == NULL)
		json_object_set_new(object, key, json_array());
	way_key(&way, key);
	return way_open(e, &way);
}

static void remove_text(json_t *list, const char *wanted)
{
	json_t *text;
	size_t i;

	json_array_foreach (list, i, text) {
		if (names(text, wanted, false)) {
			json_array_remove(list, i);
			return;
		}
	}
}

/* An empty list does not stay behind: a document that was paused and resumed is what it was. */
static void remove_paused(struct edit *e, const struct way *server, const char *address)
{
	struct way way = *server;
	json_t *paused;

	if (json_object_get(way_open(e, &way), "paused") == NULL)
		return;
	paused = open_texts(e, server, "paused");
	remove_text(paused, address);
	if (json_array_size(paused) == 0)
		json_object_del(way_open(e, &way), "paused");
}

int edit_listener_add(struct edit *e, const char *server, const char *address, struct error *err)
{
	struct way way, other;
	const char *text;

	if (way_server(e, server, &way, err) == -1)
		return -1;
	if (find_listener(e, address, &other, &text))
		return error_set(err, ERROR_EXISTS, "server '%s%s' listens on '%s' already",
		    strcmp(other.steps[1].key, "http") == 0 ? HOLDER_HTTP : "", other.steps[3].key,
		    address);
	json_array_append_new(open_texts(e, &way, "listen"), json_string(address));
	return 0;
}

/* It is listed, perhaps, but stands otherwise in the document, or not at all. */
static int no_listener(struct edit *e, const char *address, struct error *err)
{
	const struct instance *base = edit_base(e);
	size_t i, j;

	for (i = 0; i < base->server_count; i++) {
		const struct server *s = base->servers[i];

		for (j = 0; j < s->listen.count; j++)
			if (strcmp(s->listen.items[j], address) == 0)
				return error_set(err, ERROR_INVALID,
				    "'%s' does not stand in the document: it is a part of a range "
				    "that '%s' has in its listen, or made by automatic HTTPS; name "
				    "the range, or see automatic_https",
				    address, s->path);
	}
	return error_set(err, ERROR_NOT_FOUND, "no server listens on '%s'", address);
}

int edit_listener_remove(struct edit *e, const char *address, struct error *err)
{
	struct way server;
	const char *text;

	if (!find_listener(e, address, &server, &text))
		return no_listener(e, address, err);
	remove_paused(e, &server, text);
	remove_text(open_texts(e, &server, "listen"), text);
	return 0;
}

int edit_listener_pause(struct edit *e, const char *address, bool pause, struct error *err)
{
	struct way server;
	const char *text;

	if (!find_listener(e, address, &server, &text))
		return no_listener(e, address, err);
	remove_paused(e, &server, text);
	if (pause)
		json_array_append_new(open_texts(e, &server, "paused"), json_string(text));
	return 0;
}
