/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_set(struct context *c, int argc, char **argv)
{
	struct change change;
	const char *value;
	char key[128];
	int i;

	change_begin(&change, c, "route", "changed");
	for (i = 1; i < argc && !change.failed; i++) {
		change.failed = change_pair(c, argv[i], key, sizeof(key), &value) == -1;
		if (change.failed)
			break;
		change_operation(&change, "route.set", argv[0]);
		change_text(&change, "id", argv[0]);
		change_text(&change, "key", key);
		change_text(&change, "value", value);
		change_existing(&change);
	}
	return change_apply(&change);
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
    .run = run_set,
};
