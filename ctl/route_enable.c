/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_enable(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "route", "enabled");
	return change_each(&change, "route.enable", "id", argc, argv);
}

const struct command command_route_enable = {
    .object = "route",
    .verb = "enable",
    .arguments = "ID...",
    .help = "ask routes again",
    .options = OPTIONS_TXN,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_enable,
};
