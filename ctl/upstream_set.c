/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_set(struct context *c, int argc, char **argv)
{
	struct change change;
	const char *value;
	char key[128];
	int i;

	change_begin(&change, c, "upstream", "changed");
	for (i = 2; i < argc && !change.failed; i++) {
		change.failed = change_pair(c, argv[i], key, sizeof(key), &value) == -1;
		if (change.failed)
			break;
		change_operation(&change, "upstream.set", argv[1]);
		change_text(&change, "proxy", argv[0]);
		change_text(&change, "id", argv[1]);
		change_text(&change, "key", key);
		change_text(&change, "value", value);
	}
	return change_apply(&change);
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
    .run = run_set,
};
