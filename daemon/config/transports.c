/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/transports.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/core/handler.h"
#include "daemon/net/address.h"

static bool takes_datagrams(const char *listen)
{
	struct address_range range;
	struct error ignored;

	return address_parse_listen(listen, &range, &ignored) == 0 &&
	       address_socket_type(range.first.network) == SOCK_DGRAM;
}

/* The rest of what is wrong here was found when the route was loaded. */
static int check_dial(const struct jnode *node, bool datagrams, struct error *err)
{
	const char *text = json_string_value(node->value);

	if ((strncmp(text, "udp", 3) == 0 || strncmp(text, "unixgram", 8) == 0) == datagrams)
		return 0;
	return jnode_error(node, err, ERROR_INVALID,
	    datagrams ? "takes a stream, but all addresses of this server take datagrams; write "
			"udp/ or unixgram/ before it"
		      : "takes datagrams, but no address of this server does; listen on udp/ or "
			"unixgram/");
}

static int check_upstreams(const struct jnode *node, bool datagrams, struct error *err)
{
	size_t i, j;

	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode upstream = jnode_item(node, i), dial = jnode_member(&upstream, "dial");

		for (j = 0; j < json_array_size(dial.value); j++) {
			struct jnode text = jnode_item(&dial, j);

			if (check_dial(&text, datagrams, err) == -1)
				return -1;
		}
	}
	return 0;
}

static int check_routes(const struct jnode *node, bool datagrams, struct error *err);
static int check_chain(const struct jnode *node, bool datagrams, struct error *err);

static int check_handler(const struct jnode *node, bool datagrams, struct error *err)
{
	struct jnode name = jnode_member(node, "handler");
	struct jnode upstreams = jnode_member(node, "upstreams");
	struct jnode routes = jnode_member(node, "routes"), branch = jnode_member(node, "branch");
	const struct handler_type *type = handler_type_find(json_string_value(name.value));

	if (datagrams && !type->datagrams)
		return jnode_error(&name, err, ERROR_INVALID,
		    "'%s' needs a stream, but all addresses of this server take datagrams",
		    type->name);
	if (check_upstreams(&upstreams, datagrams, err) == -1 ||
	    check_routes(&routes, datagrams, err) == -1)
		return -1;
	return check_chain(&branch, datagrams, err);
}

static int check_chain(const struct jnode *node, bool datagrams, struct error *err)
{
	size_t i;

	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode handler = jnode_item(node, i);

		if (check_handler(&handler, datagrams, err) == -1)
			return -1;
	}
	return 0;
}

static int check_route(const struct jnode *node, bool datagrams, struct error *err)
{
	struct jnode chain = jnode_member(node, "handle");

	return check_chain(&chain, datagrams, err);
}

static int check_routes(const struct jnode *node, bool datagrams, struct error *err)
{
	size_t i;

	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode route = jnode_item(node, i);

		if (check_route(&route, datagrams, err) == -1)
			return -1;
	}
	return 0;
}

int transports_check(const struct jnode *node, const struct server *server, struct error *err)
{
	struct jnode routes = jnode_member(node, "routes");
	unsigned wrong = TRANSPORT_STREAM | TRANSPORT_DATAGRAMS;
	size_t i;

	if (server->listen.count == 0)
		return 0;
	for (i = 0; i < server->listen.count; i++)
		wrong &= takes_datagrams(server->listen.items[i]) ? ~(unsigned)TRANSPORT_DATAGRAMS
								  : ~(unsigned)TRANSPORT_STREAM;
	for (i = 0; i < server->routes.count; i++) {
		struct jnode route = jnode_item(&routes, i);

		if ((server->routes.items[i]->needs & wrong) != 0 &&
		    check_route(&route, wrong == TRANSPORT_STREAM, err) == -1)
			return -1;
	}
	return 0;
}
