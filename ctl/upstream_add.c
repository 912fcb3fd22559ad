/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>

#include "ctl/change.h"

static int run_add(struct context *c, int argc, char **argv)
{
	json_t *upstream = json_pack("{s:[s]}", "dial", argv[1]);
	struct change change;
	char *text;
	int rc;

	if (upstream == NULL)
		return fault_set(c->fault, CONTROL_EXIT_INVALID, "the address is not UTF-8");
	rc = change_pairs(c, argc - 2, argv + 2, upstream);
	if (rc == 0) {
		change_begin(&change, c, "upstream", "added");
		change_operation(&change, "upstream.add", argv[1]);
		change_text(&change, "proxy", argv[0]);
		text = json_dumps(upstream, JSON_COMPACT);
		change_text(&change, "upstream", text);
		free(text);
		rc = change_apply(&change);
	}
	json_decref(upstream);
	return rc;
}

const struct command command_upstream_add = {
    .object = "upstream",
    .verb = "add",
    .arguments = "ROUTE ADDRESS [KEY=VALUE...]",
    .help = "add a destination to a route's proxy handler",
    .details = "ROUTE is ROUTE/proxy[1] where it has several of them. A value is JSON, or\n"
	       "where it is not, text:\n"
	       "  pointsctl upstream add web 10.0.0.7:443 weight=2\n",
    .options = OPTIONS_TXN,
    .min = 2,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_add,
};
