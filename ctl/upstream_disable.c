/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_disable(struct change *change, int argc, char **argv)
{
	return change_upstreams(change, "upstream.disable", argc, argv);
}

const struct command command_upstream_disable = {
    .object = "upstream",
    .verb = "disable",
    .arguments = "ROUTE ID...",
    .help = "choose upstreams no more",
    .options = OPTIONS_TXN | OPTION_EXISTING | OPTION_ECHO,
    .min = 2,
    .max = -1,
    .run = change_run,
    .make = make_disable,
    .done = "disabled",
};
