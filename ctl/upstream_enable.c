/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_enable(struct change *change, int argc, char **argv)
{
	return change_upstreams(change, "upstream.enable", argc, argv);
}

const struct command command_upstream_enable = {
    .object = "upstream",
    .verb = "enable",
    .arguments = "ROUTE ID...",
    .help = "choose upstreams again",
    .options = OPTIONS_TXN | OPTION_ECHO,
    .min = 2,
    .max = -1,
    .run = change_run,
    .make = make_enable,
    .done = "enabled",
};
