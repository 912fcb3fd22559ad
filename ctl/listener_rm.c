/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_rm(struct change *change, int argc, char **argv)
{
	return change_each(change, "listener.rm", "address", argc, argv);
}

const struct command command_listener_rm = {
    .object = "listener",
    .verb = "rm",
    .arguments = "ADDRESS...",
    .help = "listen there no more",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_rm,
    .done = "removed",
};
