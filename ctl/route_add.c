/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_add(struct context *c, int argc, char **argv)
{
	const struct options *o = c->options;
	struct change change;
	struct input in;
	int rc;

	rc = input_read(c, argc > 0 ? argv[0] : NULL, "the route", &in);
	if (rc == 0) {
		change_begin(&change, c, "route", "added");
		change.input = &in;
		change_operation(&change, "route.add", NULL);
		change_buf(&change, "route", &in.text);
		if (o->server != NULL)
			change_text(&change, "server", o->server);
		if (o->in != NULL)
			change_text(&change, "in", o->in);
		change_place(&change);
		rc = change_apply(&change);
	}
	input_fini(&in);
	return rc;
}

const struct command command_route_add = {
    .object = "route",
    .verb = "add",
    .arguments = "[FILE]",
    .help = "add a route to --server, or beside or in another one",
    .details = "The file, or standard input, has the route as JSON or as a Caddyfile's\n"
	       "route block with its matchers:\n"
	       "  printf '@a tls sni a.example\\nroute @a {\\n  proxy 10.0.0.7:443\\n}\\n' |\n"
	       "      pointsctl route add --server main --before web\n",
    .options = OPTIONS_TXN | OPTIONS_PLACE | OPTION_IN | OPTION_SERVER | OPTION_FILE,
    .max = 1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_add,
};
