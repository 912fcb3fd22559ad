/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_set(struct change *change, int argc, char **argv)
{
	return change_members(change, "upstream.set", argv[0], argv[1], argc - 2, argv + 2);
}

const struct command command_upstream_set = {
    .object = "upstream",
    .verb = "set",
    .arguments = "ROUTE ID KEY=VALUE...",
    .help = "change members of an upstream's JSON",
    .details = "A value is JSON, or where it is not, text; null takes the member away.\n",
    .options = OPTIONS_TXN | OPTION_ECHO,
    .min = 3,
    .max = -1,
    .run = change_run,
    .make = make_set,
    .done = "changed",
    .secret = true,
};
