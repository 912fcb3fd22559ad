/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_set(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "route", "changed");
	return change_members(&change, "route.set", NULL, argv[0], argc - 1, argv + 1);
}

const struct command command_route_set = {
    .object = "route",
    .verb = "set",
    .arguments = "ID KEY=VALUE...",
    .help = "change members of a route's JSON",
    .details = "A value is JSON, or where it is not, text; null takes the member away:\n"
	       "  pointsctl route set '#12' @id=web\n",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 2,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_set,
};
