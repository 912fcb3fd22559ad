/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_disable(struct change *change, int argc, char **argv)
{
	return change_each(change, "route.disable", "id", argc, argv);
}

const struct command command_route_disable = {
    .object = "route",
    .verb = "disable",
    .arguments = "ID...",
    .help = "pass routes over",
    .options = OPTIONS_TXN | OPTION_EXISTING | OPTION_ECHO,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_disable,
    .done = "disabled",
};
