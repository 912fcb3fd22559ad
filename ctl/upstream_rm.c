/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_rm(struct context *c, int argc, char **argv)
{
	struct change change;
	int i;

	change_begin(&change, c, "upstream", "removed");
	for (i = 1; i < argc && !change.failed; i++) {
		change_operation(&change, "upstream.rm", argv[i]);
		change_text(&change, "proxy", argv[0]);
		change_text(&change, "id", argv[i]);
		change_existing(&change);
	}
	return change_apply(&change);
}

const struct command command_upstream_rm = {
    .object = "upstream",
    .verb = "rm",
    .arguments = "ROUTE ID...",
    .help = "remove destinations from a route's proxy handler",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 2,
    .max = -1,
    .run = run_rm,
};
