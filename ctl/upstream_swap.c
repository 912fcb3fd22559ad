/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_swap(struct change *change, int argc, char **argv)
{
	json_t *dial = json_array();
	int i;

	for (i = 1; i < argc; i++)
		json_array_append_new(dial, json_string(argv[i]));
	if (json_array_size(dial) != (size_t)argc - 1) {
		json_decref(dial);
		return fault_set(change->c->fault, CONTROL_EXIT_INVALID, "an address is not UTF-8");
	}
	if (change_operation(change, "upstream.swap", argv[0]) == -1) {
		json_decref(dial);
		return -1;
	}
	change_json(change, "dial", dial);
	if (change_text(change, "proxy", argv[0]) == -1)
		return -1;
	return change_existing(change);
}

const struct command command_upstream_swap = {
    .object = "upstream",
    .verb = "swap",
    .arguments = "ROUTE ADDRESS...",
    .help = "replace the destinations of a route's proxy handler",
    .details = "The new ones have the options that the old ones agree on; where those differ,\n"
	       "it is a conflict.\n",
    .options = OPTIONS_TXN | OPTION_EXISTING | OPTION_ECHO,
    .min = 2,
    .max = -1,
    .run = change_run,
    .make = make_swap,
    .what = "upstreams of",
    .done = "replaced",
};
