/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_set(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "upstream", "changed");
	return change_members(&change, "upstream.set", argv[0], argv[1], argc - 2, argv + 2);
}

const struct command command_upstream_set = {
    .object = "upstream",
    .verb = "set",
    .arguments = "ROUTE ID KEY=VALUE...",
    .help = "change members of an upstream's JSON",
    .details = "A value is JSON, or where it is not, text; null takes the member away.\n",
    .options = OPTIONS_TXN,
    .min = 3,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_set,
};
