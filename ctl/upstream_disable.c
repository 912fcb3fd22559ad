/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_disable(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "upstream", "disabled");
	return change_upstreams(&change, "upstream.disable", argc, argv);
}

const struct command command_upstream_disable = {
    .object = "upstream",
    .verb = "disable",
    .arguments = "ROUTE ID...",
    .help = "choose upstreams no more",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 2,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_disable,
};
