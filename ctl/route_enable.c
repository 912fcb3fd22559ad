/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_enable(struct change *change, int argc, char **argv)
{
	return change_each(change, "route.enable", "id", argc, argv);
}

const struct command command_route_enable = {
    .object = "route",
    .verb = "enable",
    .arguments = "ID...",
    .help = "ask routes again",
    .options = OPTIONS_TXN | OPTION_ECHO,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_enable,
    .done = "enabled",
};
