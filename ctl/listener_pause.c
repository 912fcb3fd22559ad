/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_pause(struct change *change, int argc, char **argv)
{
	return change_each(change, "listener.pause", "address", argc, argv);
}

const struct command command_listener_pause = {
    .object = "listener",
    .verb = "pause",
    .arguments = "ADDRESS...",
    .help = "accept nothing there for now; what comes waits",
    .options = OPTIONS_TXN | OPTION_ECHO,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_pause,
    .done = "paused",
};
