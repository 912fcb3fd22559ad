/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_rm(struct change *change, int argc, char **argv)
{
	return change_each(change, "route.rm", "id", argc, argv);
}

const struct command command_route_rm = {
    .object = "route",
    .verb = "rm",
    .arguments = "ID...",
    .help = "remove routes",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_rm,
    .done = "removed",
};
