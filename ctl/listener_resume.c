/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_resume(struct change *change, int argc, char **argv)
{
	return change_each(change, "listener.resume", "address", argc, argv);
}

const struct command command_listener_resume = {
    .object = "listener",
    .verb = "resume",
    .arguments = "ADDRESS...",
    .help = "accept there again",
    .options = OPTIONS_TXN | OPTION_ECHO,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_resume,
    .done = "resumed",
};
