/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_disable(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "route", "disabled");
	return change_each(&change, "route.disable", "id", argc, argv);
}

const struct command command_route_disable = {
    .object = "route",
    .verb = "disable",
    .arguments = "ID...",
    .help = "pass routes over",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_disable,
};
