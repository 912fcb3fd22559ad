/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_mv(struct context *c, int argc, char **argv)
{
	struct change change;

	(void)argc;
	if ((c->options->given & OPTIONS_PLACE) == 0)
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "say where to: --first, --last, --before ID or --after ID");
	change_begin(&change, c, "route", "moved");
	change_operation(&change, "route.mv", argv[0]);
	change_text(&change, "id", argv[0]);
	change_place(&change);
	return change_apply(&change);
}

const struct command command_route_mv = {
    .object = "route",
    .verb = "mv",
    .arguments = "ID",
    .help = "move a route within its list",
    .options = OPTIONS_TXN | OPTIONS_PLACE,
    .min = 1,
    .max = 1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_mv,
};
