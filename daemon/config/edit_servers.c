/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/edit.h"

#include <string.h>

#include "daemon/config/edit_way.h"

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

	way_servers(e, &way);
	if (way_fits(&way, server, err) == -1)
		return -1;
	if (json_object_get(servers, name) != NULL)
		return error_set(err, ERROR_EXISTS, "a server '%s' is there already", name);
	json_object_set(servers, name, server);
	return 0;
}

int edit_server_remove(struct edit *e, const char *name, struct error *err)
{
	struct way way;

	if (way_server(e, name, &way, err) == -1)
		return -1;
	json_object_del(open_servers(e), name);
	return 0;
}

/* What earlier operations brought in has not been looked at: it may be no text. */
static bool is_text(const json_t *value, const char *wanted)
{
	const char *text = json_string_value(value);

	return text != NULL && strcmp(text, wanted) == 0;
}

/* The server whose "listen" has address; NULL: none. */
static const char *server_of(struct edit *e, const char *address)
{
	struct way way;
	const char *name;
	json_t *server, *text;
	size_t i;

	way_servers(e, &way);
	json_object_foreach (way.value, name, server) {
		json_array_foreach (json_object_get(server, "listen"), i, text)
			if (is_text(text, address))
				return name;
	}
	return NULL;
}

static json_t *open_texts(struct edit *e, const char *server, const char *key)
{
	struct way way;
	struct error none;
	json_t *object;

	way_server(e, server, &way, &none);
	object = way_open(e, &way);
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
		if (is_text(text, wanted)) {
			json_array_remove(list, i);
			return;
		}
	}
}

/* An empty list does not stay behind: a document that was paused and resumed is what it was. */
static void remove_paused(struct edit *e, const char *server, const char *address)
{
	struct way way;
	struct error none;
	json_t *object, *paused;

	way_server(e, server, &way, &none);
	if (json_object_get(way.value, "paused") == NULL)
		return;
	object = way_open(e, &way);
	paused = open_texts(e, server, "paused");
	remove_text(paused, address);
	if (json_array_size(paused) == 0)
		json_object_del(object, "paused");
}

int edit_listener_add(struct edit *e, const char *server, const char *address, struct error *err)
{
	struct way way;
	const char *owner = server_of(e, address);

	if (way_server(e, server, &way, err) == -1)
		return -1;
	if (owner != NULL)
		return error_set(
		    err, ERROR_EXISTS, "server '%s' listens on '%s' already", owner, address);
	json_array_append_new(open_texts(e, server, "listen"), json_string(address));
	return 0;
}

static int no_listener(const char *address, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "no server listens on '%s'", address);
}

int edit_listener_remove(struct edit *e, const char *address, struct error *err)
{
	const char *server = server_of(e, address);

	if (server == NULL)
		return no_listener(address, err);
	remove_paused(e, server, address);
	remove_text(open_texts(e, server, "listen"), address);
	return 0;
}

int edit_listener_pause(struct edit *e, const char *address, bool pause, struct error *err)
{
	const char *server = server_of(e, address);

	if (server == NULL)
		return no_listener(address, err);
	remove_paused(e, server, address);
	if (pause)
		json_array_append_new(open_texts(e, server, "paused"), json_string(address));
	return 0;
}
