/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "common/control_path.h"
#include "common/duration.h"
#include "common/unpack.h"
#include "ctl/client.h"
#include "ctl/complete.h"

#define TIMEOUT DURATION_S /* somebody waits at the keyboard */
#define TEXT_MAX 256       /* of a name; longer ones are left out */

static const struct listing {
	const char *method, *name, *help; /* keys of an item */
	const char *within[2];            /* keys of which one has to be the proxy's name */
	const char *prefix;               /* only names with it, and without it; NULL: all */
} listings[] = {
    [COMPLETE_CERT] = {CONTROL_CERT_LS, "name", "issuer"},
    [COMPLETE_CONN] = {CONTROL_CONN_LS, "id", "src"},
    [COMPLETE_LISTENER] = {CONTROL_LISTENER_LS, "address", "server"},
    [COMPLETE_METHOD] = {CONTROL_API_INFO, "name", "help"},
    [COMPLETE_PROXY] = {CONTROL_UPSTREAM_LS, "proxy", "server"},
    [COMPLETE_REVISION] = {CONTROL_CONFIG_HISTORY, "revision", "comment"},
    [COMPLETE_ROUTE] = {CONTROL_ROUTE_LS, "name", "label"},
    [COMPLETE_SERVER] = {CONTROL_SERVER_LS, "name"},
    [COMPLETE_SUBSYSTEM] = {CONTROL_LOG_LS, "subsystem", "level"},
    [COMPLETE_UPSTREAM] = {CONTROL_UPSTREAM_LS, "name", "effective", {"proxy", "route"}},
    [COMPLETE_WRAPPER] = {CONTROL_SERVER_LS, "name", .prefix = "http/"},
};

struct taker {
	struct completion *c;
	const struct listing *listing;
	const char *within;
};

static bool belongs(const struct taker *t, const msgpack_object *item)
{
	char text[TEXT_MAX];
	size_t i;

	for (i = 0; i < 2 && t->within != NULL && t->listing->within[i] != NULL; i++)
		if (unpack_copy(unpack_get(item, t->listing->within[i]), text, sizeof(text)) &&
		    strcmp(text, t->within) == 0)
			return true;
	return t->within == NULL;
}

static void take_item(const struct taker *t, const msgpack_object *item)
{
	const msgpack_object *value = unpack_get(item, t->listing->name);
	const char *prefix = t->listing->prefix != NULL ? t->listing->prefix : "";
	char name[TEXT_MAX], help[TEXT_MAX] = "";
	uint64_t number;

	if (!belongs(t, item))
		return;
	if (unpack_u64(value, &number))
		snprintf(name, sizeof(name), "%" PRIu64, number);
	else if (!unpack_copy(value, name, sizeof(name)))
		return;
	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return;
	if (t->listing->help != NULL &&
	    !unpack_copy(unpack_get(item, t->listing->help), help, sizeof(help)))
		help[0] = '\0';
	complete_add(t->c, name + strlen(prefix), help);
}

static void take_chunk(struct reply *chunk, void *arg)
{
	const msgpack_object *items = unpack_get(chunk->result, "items");
	uint32_t i;

	for (i = 0; unpack_is_array(items) && i < items->via.array.size; i++)
		take_item(arg, &items->via.array.ptr[i]);
}

/* Without an answer there are no names: who types is told by the command itself. */
void complete_live(struct completion *c, enum complete_kind kind, const char *within)
{
	struct taker taker = {.c = c, .listing = &listings[kind], .within = within};
	char path[CONTROL_PATH_MAX];
	struct pack_box *params;
	struct client *client;
	struct fault fault;
	struct reply reply;

	client = client_open(
	    c->socket != NULL ? c->socket : control_path_client(path), NULL, TIMEOUT, &fault);
	if (client == NULL)
		return;
	params = client_begin(client, taker.listing->method);
	if (kind == COMPLETE_CONN)
		pack_u64(pack_key(params, "limit"), COMPLETE_MAX);
	if (client_call(client, take_chunk, &taker, &reply, &fault) == 0)
		reply_fini(&reply);
	client_close(client);
}
