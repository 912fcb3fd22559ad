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
    [COMPLETE_CERT] = {.method = CONTROL_CERT_LS, .name = "name", .help = "issuer"},
    [COMPLETE_CONN] = {.method = CONTROL_CONN_LS, .name = "id", .help = "src"},
    [COMPLETE_LISTENER] = {.method = CONTROL_LISTENER_LS, .name = "address", .help = "server"},
    [COMPLETE_METHOD] = {.method = CONTROL_API_INFO, .name = "name", .help = "help"},
    [COMPLETE_PROXY] = {.method = CONTROL_UPSTREAM_LS, .name = "proxy", .help = "server"},
    [COMPLETE_REVISION] = {.method = CONTROL_CONFIG_HISTORY, .name = "revision", .help = "comment"},
    [COMPLETE_ROUTE] = {.method = CONTROL_ROUTE_LS, .name = "name", .help = "label"},
    [COMPLETE_SERVER] = {.method = CONTROL_SERVER_LS, .name = "name"},
    [COMPLETE_SUBSYSTEM] = {.method = CONTROL_LOG_LS, .name = "subsystem", .help = "level"},
    [COMPLETE_UPSTREAM] = {.method = CONTROL_UPSTREAM_LS,
	.name = "name",
	.help = "effective",
	.within = {"proxy", "route"}},
    [COMPLETE_WRAPPER] = {.method = CONTROL_SERVER_LS, .name = "name", .prefix = "http/"},
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
