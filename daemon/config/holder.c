/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/holder.h"

#include <stdio.h>
#include <string.h>

#define SERVERS_DEPTH 3 /* "apps", the app, "servers" */

static void enter_app(struct holders *h, const char *app)
{
	way_pop(&h->way, 0, h->document);
	way_key(&h->way, "apps");
	way_key(&h->way, app);
	way_key(&h->way, "servers");
	h->servers = h->way.value;
	h->next_server = json_object_iter(h->servers);
	h->server = NULL;
}

static void enter_server(struct holders *h)
{
	way_pop(&h->way, SERVERS_DEPTH, h->servers);
	way_key(&h->way, h->server);
}

static bool next_server(struct holders *h)
{
	if (h->next_server == NULL)
		return false;
	h->server = json_object_iter_key(h->next_server);
	h->next_server = json_object_iter_next(h->servers, h->next_server);
	h->next_wrapper = h->wrappers = 0;
	enter_server(h);
	return true;
}

static bool is_layer4(const json_t *wrapper)
{
	const char *name = json_string_value(json_object_get(wrapper, "wrapper"));

	return name != NULL && strcmp(name, "layer4") == 0;
}

static bool next_wrapper(struct holders *h)
{
	json_t *list;

	if (h->server == NULL)
		return false;
	enter_server(h);
	way_key(&h->way, "listener_wrappers");
	list = h->way.value;
	while (h->next_wrapper < json_array_size(list))
		if (is_layer4(json_array_get(list, h->next_wrapper++))) {
			way_index(&h->way, h->next_wrapper - 1);
			h->number = h->wrappers++;
			return true;
		}
	return false;
}

void holders_start(struct holders *h, json_t *document)
{
	memset(h, 0, sizeof(*h));
	h->document = document;
	enter_app(h, "layer4");
}

bool holders_next(struct holders *h)
{
	if (!h->http && next_server(h))
		return true;
	if (!h->http) {
		h->http = true;
		enter_app(h, "http");
	}
	while (!next_wrapper(h))
		if (!next_server(h))
			return false;
	return true;
}

void holders_of(struct holders *h, json_t *document, const struct way *way)
{
	holders_start(h, document);
	while (holders_next(h))
		if (way_begins(way, &h->way))
			return;
}

const char *holder_name(const struct holders *h, char out[HOLDER_NAME_MAX])
{
	if (!h->http)
		return holder_server(h, out);
	snprintf(out, HOLDER_NAME_MAX, HOLDER_HTTP "%s/layer4[%zu]", h->server, h->number);
	return out;
}

const char *holder_server(const struct holders *h, char out[HOLDER_NAME_MAX])
{
	snprintf(out, HOLDER_NAME_MAX, "%s%s", h->http ? HOLDER_HTTP : "", h->server);
	return out;
}

bool holder_is_http(const char *key, const char *name)
{
	size_t n = strlen(HOLDER_HTTP);

	return strcmp(key, name) == 0 ||
	       (strncmp(name, HOLDER_HTTP, n) == 0 && strcmp(key, name + n) == 0);
}
