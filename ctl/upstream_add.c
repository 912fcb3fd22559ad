/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_add(struct change *change, int argc, char **argv)
{
	json_t *upstream = json_pack("{s:[s]}", "dial", argv[1]);
	int rc;

	if (upstream == NULL)
		return fault_set(
		    change->c->fault, CONTROL_EXIT_INVALID, "the address is not UTF-8");
	rc = change_pairs(change->c, argc - 2, argv + 2, upstream);
	if (rc == 0)
		rc = change_operation(change, "upstream.add", argv[1]);
	if (rc == 0)
		rc = change_text(change, "proxy", argv[0]);
	if (rc == 0)
		rc = change_encoded(change, "upstream", upstream);
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
    .options = OPTIONS_TXN | OPTION_ECHO,
    .min = 2,
    .max = -1,
    .run = change_run,
    .make = make_add,
    .done = "added",
    .secret = true,
};
