/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_add(struct change *change, int argc, char **argv)
{
	const struct options *o = change->c->options;

	if (change_operation(change, "route.add", NULL) == -1 ||
	    change_file(change, "route", argc > 0 ? argv[0] : NULL, "the route") == -1 ||
	    (o->server != NULL && change_text(change, "server", o->server) == -1) ||
	    (o->wrapper != NULL && change_text(change, "wrapper", o->wrapper) == -1) ||
	    (o->in != NULL && change_text(change, "in", o->in) == -1))
		return -1;
	return change_place(change);
}

const struct command command_route_add = {
    .object = "route",
    .verb = "add",
    .arguments = "[FILE]",
    .help = "add a route to --server, --wrapper, or beside or in another",
    .details = "The file, or standard input, has the route as JSON or as a Caddyfile's\n"
	       "route block with its matchers:\n"
	       "  printf '@a tls sni a.example\\nroute @a {\\n  proxy 10.0.0.7:443\\n}\\n' |\n"
	       "      pointsctl route add --server main --before web\n"
	       "An HTTP server's listener wrapper is named by --wrapper SERVER, where it has\n"
	       "several of them by --wrapper SERVER/layer4[1].\n",
    .options = OPTIONS_TXN | OPTIONS_PLACE | OPTION_IN | OPTION_SERVER | OPTION_WRAPPER |
	       OPTION_FILE | OPTION_ECHO,
    .max = 1,
    .run = change_run,
    .make = make_add,
    .done = "added",
};
