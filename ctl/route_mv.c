/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_mv(struct change *change, int argc, char **argv)
{
	(void)argc;
	if ((change->c->options->given & OPTIONS_PLACE) == 0)
		return fault_set(change->c->fault, CONTROL_EXIT_USAGE,
		    "say where to: --first, --last, --before ID or --after ID");
	if (change_operation(change, "route.mv", argv[0]) == -1 ||
	    change_text(change, "id", argv[0]) == -1)
		return -1;
	return change_place(change);
}

const struct command command_route_mv = {
    .object = "route",
    .verb = "mv",
    .arguments = "ID",
    .help = "move a route within its list",
    .options = OPTIONS_TXN | OPTIONS_PLACE | OPTION_ECHO,
    .min = 1,
    .max = 1,
    .run = change_run,
    .make = make_mv,
    .done = "moved",
};
