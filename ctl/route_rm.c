/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_rm(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "route", "removed");
	return change_each(&change, "route.rm", "id", argc, argv);
}

const struct command command_route_rm = {
    .object = "route",
    .verb = "rm",
    .arguments = "ID...",
    .help = "remove routes",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_rm,
};
