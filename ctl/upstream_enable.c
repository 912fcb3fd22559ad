/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_enable(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "upstream", "enabled");
	return change_upstreams(&change, "upstream.enable", argc, argv);
}

const struct command command_upstream_enable = {
    .object = "upstream",
    .verb = "enable",
    .arguments = "ROUTE ID...",
    .help = "choose upstreams again",
    .options = OPTIONS_TXN,
    .min = 2,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_enable,
};
