/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_rm(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "upstream", "removed");
	return change_upstreams(&change, "upstream.rm", argc, argv);
}

const struct command command_upstream_rm = {
    .object = "upstream",
    .verb = "rm",
    .arguments = "ROUTE ID...",
    .help = "remove destinations from a route's proxy handler",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 2,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_rm,
};
