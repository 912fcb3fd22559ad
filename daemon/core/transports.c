/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/transports.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/core/handler.h"
#include "daemon/net/address.h"

/* What a server's addresses are. */
struct expected {
	bool streams, datagrams;
	unsigned ports; /* of each of its ranges; 0: they differ */
};

static void read_listen(struct expected *e, const char *listen)
{
	struct address_range range;
	struct error ignored;
	unsigned ports;

	if (address_parse_listen(listen, &range, &ignored) == -1)
		return;
	ports = address_range_count(&range);
	e->ports = !e->streams && !e->datagrams ? ports : e->ports == ports ? ports : 0;
	if (address_socket_type(range.first.network) == SOCK_DGRAM)
		e->datagrams = true;
	else
		e->streams = true;
}

/* How many ports a text to dial names; its host may be unknown yet. */
static unsigned ports_of(const char *text)
{
	const char *colon = strrchr(text, ':');
	unsigned first, last;

	if (colon == NULL || sscanf(colon, ":%u-%u", &first, &last) != 2 || last < first)
		return 1;
	return last - first + 1;
}

/* The rest of what is wrong here was found when the route was loaded. */
static int check_dial(const struct jnode *node, const struct expected *e, struct error *err)
{
	const char *text = json_string_value(node->value);
	bool datagrams = strncmp(text, "udp", 3) == 0 || strncmp(text, "unixgram", 8) == 0;
	unsigned ports = ports_of(text);

	if (datagrams && !e->datagrams)
		return jnode_error(node, err, ERROR_INVALID,
		    "takes datagrams, but no address of this server does; listen on udp/ or "
		    "unixgram/");
	if (!datagrams && !e->streams)
		return jnode_error(node, err, ERROR_INVALID,
		    "takes a stream, but all addresses of this server take datagrams; write "
		    "udp/ or unixgram/ before it");
	if (ports > 1 && ports != e->ports)
		return jnode_error(node, err, ERROR_INVALID,
		    "dials %u ports, one for each that is listened on; so each address of this "
		    "server must be a range of as many",
		    ports);
	return 0;
}

static int check_upstreams(const struct jnode *node, const struct expected *e, struct error *err)
{
	size_t i, j;

	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode upstream = jnode_item(node, i), dial = jnode_member(&upstream, "dial");

		for (j = 0; j < json_array_size(dial.value); j++) {
			struct jnode text = jnode_item(&dial, j);

			if (check_dial(&text, e, err) == -1)
				return -1;
		}
	}
	return 0;
}

static int check_routes(const struct jnode *node, const struct expected *e, struct error *err);
static int check_chain(const struct jnode *node, const struct expected *e, struct error *err);

static int check_handler(const struct jnode *node, const struct expected *e, struct error *err)
{
	struct jnode name = jnode_member(node, "handler");
	struct jnode upstreams = jnode_member(node, "upstreams");
	struct jnode routes = jnode_member(node, "routes"), branch = jnode_member(node, "branch");
	const struct handler_type *type = handler_type_find(json_string_value(name.value));

	if (!e->streams && !type->datagrams)
		return jnode_error(&name, err, ERROR_INVALID,
		    "'%s' needs a stream, but all addresses of this server take datagrams",
		    type->name);
	if (check_upstreams(&upstreams, e, err) == -1 || check_routes(&routes, e, err) == -1)
		return -1;
	return check_chain(&branch, e, err);
}

static int check_chain(const struct jnode *node, const struct expected *e, struct error *err)
{
	size_t i;

	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode handler = jnode_item(node, i);

		if (check_handler(&handler, e, err) == -1)
			return -1;
	}
	return 0;
}

static int check_route(const struct jnode *node, const struct expected *e, struct error *err)
{
	struct jnode chain = jnode_member(node, "handle");

	return check_chain(&chain, e, err);
}

static int check_routes(const struct jnode *node, const struct expected *e, struct error *err)
{
	size_t i;

	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode route = jnode_item(node, i);

		if (check_route(&route, e, err) == -1)
			return -1;
	}
	return 0;
}

int transports_check(const struct jnode *node, const struct route_list *list,
    const struct strings *listen, struct error *err)
{
	struct jnode routes = jnode_member(node, "routes");
	struct expected e = {0};
	unsigned wrong = TRANSPORT_RANGE;
	size_t i;

	if (listen->count == 0)
		return 0;
	for (i = 0; i < listen->count; i++)
		read_listen(&e, listen->items[i]);
	if (!e.streams)
		wrong |= TRANSPORT_STREAM;
	if (!e.datagrams)
		wrong |= TRANSPORT_DATAGRAMS;
	for (i = 0; i < list->count; i++) {
		struct jnode route = jnode_item(&routes, i);

		if ((list->items[i]->needs & wrong) != 0 && check_route(&route, &e, err) == -1)
			return -1;
	}
	return 0;
}
