/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_rm(struct change *change, int argc, char **argv)
{
	return change_each(change, "server.rm", "name", argc, argv);
}

const struct command command_server_rm = {
    .object = "server",
    .verb = "rm",
    .arguments = "NAME...",
    .help = "remove servers with their listeners",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_rm,
    .done = "removed",
};
