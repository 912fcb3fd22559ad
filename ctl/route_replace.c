/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_replace(struct context *c, int argc, char **argv)
{
	struct change change;
	struct input in;
	int rc;

	rc = input_read(c, argc > 1 ? argv[1] : NULL, "the route", &in);
	if (rc == 0) {
		change_begin(&change, c, "route", "replaced");
		change.input = &in;
		change_operation(&change, "route.replace", argv[0]);
		change_text(&change, "id", argv[0]);
		change_buf(&change, "route", &in.text);
		change_existing(&change);
		rc = change_apply(&change);
	}
	input_fini(&in);
	return rc;
}

const struct command command_route_replace = {
    .object = "route",
    .verb = "replace",
    .arguments = "ID [FILE]",
    .help = "put another route in the place of one",
    .details = "The file, or standard input, has it as for route add. It keeps handle and\n"
	       "counters, and the @id where it has none of its own.\n",
    .options = OPTIONS_TXN | OPTION_EXISTING | OPTION_FILE,
    .min = 1,
    .max = 2,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_replace,
};
