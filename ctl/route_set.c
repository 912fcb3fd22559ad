/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_set(struct change *change, int argc, char **argv)
{
	return change_members(change, "route.set", NULL, argv[0], argc - 1, argv + 1);
}

const struct command command_route_set = {
    .object = "route",
    .verb = "set",
    .arguments = "ID KEY=VALUE...",
    .help = "change members of a route's JSON",
    .details = "A value is JSON, or where it is not, text; null takes the member away:\n"
	       "  pointsctl route set '#12' @id=web\n",
    .options = OPTIONS_TXN | OPTION_EXISTING | OPTION_ECHO,
    .min = 2,
    .max = -1,
    .run = change_run,
    .make = make_set,
    .done = "changed",
    .secret = true,
};
