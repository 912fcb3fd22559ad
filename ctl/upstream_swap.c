/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_swap(struct context *c, int argc, char **argv)
{
	struct change change;
	json_t *dial = json_array();
	int i;

	for (i = 1; i < argc; i++)
		json_array_append_new(dial, json_string(argv[i]));
	if (json_array_size(dial) != (size_t)argc - 1) {
		json_decref(dial);
		return fault_set(c->fault, CONTROL_EXIT_INVALID, "an address is not UTF-8");
	}
	change_begin(&change, c, "upstreams of", "replaced");
	change_operation(&change, "upstream.swap", argv[0]);
	change_text(&change, "proxy", argv[0]);
	change_json(&change, "dial", dial);
	change_existing(&change);
	return change_apply(&change);
}

const struct command command_upstream_swap = {
    .object = "upstream",
    .verb = "swap",
    .arguments = "ROUTE ADDRESS...",
    .help = "replace the destinations of a route's proxy handler",
    .details = "The new ones have the options that the old ones agree on; where those differ,\n"
	       "it is a conflict.\n",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 2,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_swap,
};
