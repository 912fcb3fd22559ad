/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_rm(struct change *change, int argc, char **argv)
{
	return change_upstreams(change, "upstream.rm", argc, argv);
}

const struct command command_upstream_rm = {
    .object = "upstream",
    .verb = "rm",
    .arguments = "ROUTE ID...",
    .help = "remove destinations from a route's proxy handler",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 2,
    .max = -1,
    .run = change_run,
    .make = make_rm,
    .done = "removed",
};
