/* SPDX-License-Identifier: BSD-2-Clause */
/* Where in a document the things are that operations name. */
#include <config.h>

#include "daemon/config/edit_way.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/config/holder.h"

#define SERVERS_NAMED 256 /* that are looked at for "did you mean" */
#define PLAIN "/plain"    /* ends the name of an HTTP server's part without TLS */

const char *edit_id(const json_t *object)
{
	return json_string_value(json_object_get(object, "@id"));
}

/* ---- names ---------------------------------------------------------------------------------- */

size_t way_name_length(const char *text, const char *kind)
{
	const char *slash = strrchr(text, '/');

	if (slash != NULL && strncmp(slash, kind, strlen(kind)) == 0)
		return (size_t)(slash - text);
	return strlen(text);
}

bool way_name_split(
    const char *text, const char *kind, char *name, size_t size, size_t *index, bool *indexed)
{
	size_t length = way_name_length(text, kind);
	const char *number = text + length + strlen(kind);
	char *end;

	*index = 0;
	*indexed = text[length] != '\0';
	if (*indexed) {
		*index = strtoul(number, &end, 10);
		if (*number < '0' || *number > '9' || strcmp(end, "]") != 0)
			return false;
	}
	if (length >= size)
		return false;
	memcpy(name, text, length);
	name[length] = '\0';
	return true;
}

/* ---- servers -------------------------------------------------------------------------------- */

void way_servers(struct edit *e, const char *app, struct way *way)
{
	way->count = 0;
	way->value = edit_document(e);
	way_key(way, "apps");
	way_key(way, app);
	way_key(way, "servers");
}

/* One that runs has this name, but no server of the document. */
static int not_in_document(struct edit *e, const char *name, struct error *err)
{
	size_t length = strlen(name), end = strlen(PLAIN);
	struct error none;
	struct way way;
	char *whole;
	int rc = -1;

	if (length > end && strcmp(name + length - end, PLAIN) == 0) {
		whole = strndup(name, length - end);
		rc = way_server(e, whole, &way, &none);
		free(whole);
	}
	if (rc == 0)
		return error_set(err, ERROR_INVALID,
		    "server '%s' is the part of '%.*s' that speaks no TLS; name the whole", name,
		    (int)(length - end), name);
	return error_set(err, ERROR_INVALID,
	    "server '%s' is not in the document: automatic HTTPS has made it (automatic_https has "
	    "disable_redirects)",
	    name);
}

static int no_server(struct edit *e, const char *name, struct error *err)
{
	const struct instance *base = edit_base(e);
	const char *names[SERVERS_NAMED + 1], *near;
	size_t i;

	if (instance_server(base, name) != NULL)
		return not_in_document(e, name, err);
	for (i = 0; i < base->server_count && i < SERVERS_NAMED; i++)
		names[i] = base->servers[i]->name;
	names[i] = NULL;
	near = error_suggest(name, names);
	if (near != NULL)
		return error_set(
		    err, ERROR_NOT_FOUND, "no server '%s', did you mean '%s'?", name, near);
	return error_set(err, ERROR_NOT_FOUND, "no server '%s'", name);
}

int way_server(struct edit *e, const char *name, struct way *way, struct error *err)
{
	way_servers(e, "layer4", way);
	way_key(way, name);
	if (way->value != NULL)
		return 0;
	if (strncmp(name, HOLDER_HTTP, strlen(HOLDER_HTTP)) == 0) {
		way_servers(e, "http", way);
		way_key(way, name + strlen(HOLDER_HTTP));
		if (way->value != NULL)
			return 0;
	}
	return no_server(e, name, err);
}

/* ---- listener wrappers ---------------------------------------------------------------------- */

static int no_wrapper(struct edit *e, const char *name, struct error *err)
{
	const char *names[SERVERS_NAMED + 1], *near, *key;
	size_t n = 0;
	struct way way;
	json_t *value;

	way_servers(e, "http", &way);
	json_object_foreach (way.value, key, value) {
		if (holder_is_http(key, name))
			return error_set(err, ERROR_INVALID,
			    "server '%s' has no listener wrapper 'layer4'; put one into its "
			    "listener_wrappers, before or behind 'tls'",
			    name);
		if (n < SERVERS_NAMED)
			names[n++] = key;
	}
	names[n] = NULL;
	near = error_suggest(name, names);
	if (near != NULL)
		return error_set(
		    err, ERROR_NOT_FOUND, "no HTTP server '%s', did you mean '%s'?", name, near);
	return error_set(err, ERROR_NOT_FOUND, "no HTTP server '%s'", name);
}

int way_wrapper(struct edit *e, const char *text, struct way *way, struct error *err)
{
	char name[HOLDER_NAME_MAX];
	struct holders h;
	size_t index, count = 0;
	bool indexed, found = false;

	if (!way_name_split(text, "/layer4[", name, sizeof(name), &index, &indexed))
		return error_set(
		    err, ERROR_INVALID, "'%s' is not SERVER or SERVER/layer4[NUMBER]", text);
	holders_start(&h, edit_document(e));
	while (holders_next(&h)) {
		if (!h.http || !holder_is_http(h.server, name))
			continue;
		count++;
		if (h.number != index)
			continue;
		*way = h.way;
		found = true;
	}
	if (count == 0)
		return no_wrapper(e, name, err);
	if (count > 1 && !indexed)
		return error_set(err, ERROR_CONFLICT,
		    "server '%s' has %zu listener wrappers 'layer4'; name one: %s/layer4[0] to "
		    "%s/layer4[%zu]",
		    name, count, name, name, count - 1);
	if (!found)
		return error_set(err, ERROR_NOT_FOUND,
		    "server '%s' has %zu listener wrappers 'layer4', so there is no '%s'", name,
		    count, text);
	return 0;
}

/* ---- routes --------------------------------------------------------------------------------- */

const struct route_table *edit_by_handle(const struct edit *e, const char *name, size_t *index)
{
	const struct instance *base = edit_base(e);
	char *end;
	uint64_t handle = strtoull(name + 1, &end, 10);
	size_t i;

	for (i = 0; *end == '\0' && i < base->table_count; i++) {
		const struct route_list *routes = base->tables[i]->routes;

		for (*index = 0; *index < routes->count; ++*index)
			if (routes->items[*index]->identity->handle == handle)
				return base->tables[i];
	}
	return NULL;
}

/* The "@id" of a top-level route that is nearest to name; NULL: none is near. */
static const char *near_route(struct edit *e, const char *name)
{
	const char *none[] = {NULL}, **names = NULL, *near;
	size_t i, count = 0, size = 0;
	struct holders h;
	json_t *route;

	holders_start(&h, edit_document(e));
	while (holders_next(&h)) {
		json_array_foreach (json_object_get(h.way.value, "routes"), i, route) {
			if (edit_id(route) == NULL)
				continue;
			if (count + 1 >= size) {
				size = size == 0 ? 64 : 2 * size;
				names = mem_realloc(names, size * sizeof(*names));
			}
			names[count++] = edit_id(route);
		}
	}
	if (names != NULL)
		names[count] = NULL;
	near = error_suggest(name, names != NULL ? names : none);
	free(names);
	return near;
}

int way_route(struct edit *e, const char *name, struct way *way, struct error *err)
{
	const struct route_table *table = NULL;
	const char *near;
	size_t index;

	if (way_find_route(e, name, way))
		return 0;
	if (name[0] == '#')
		table = edit_by_handle(e, name, &index);
	if (table != NULL && table->json == NULL)
		return error_set(err, ERROR_INVALID,
		    "route '%s' stands for the whole of '%s'; change that in the document", name,
		    table->server);
	if (name[0] != '\0' && strspn(name, "0123456789") == strlen(name))
		return error_set(
		    err, ERROR_NOT_FOUND, "no route '%s'; a handle is written '#%s'", name, name);
	near = near_route(e, name);
	if (near != NULL)
		return error_set(
		    err, ERROR_NOT_FOUND, "no route '%s', did you mean '%s'?", name, near);
	return error_set(err, ERROR_NOT_FOUND, "no route '%s'", name);
}
