/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_pause(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "listener", "paused");
	return change_each(&change, "listener.pause", "address", argc, argv);
}

const struct command command_listener_pause = {
    .object = "listener",
    .verb = "pause",
    .arguments = "ADDRESS...",
    .help = "accept nothing there for now; what comes waits",
    .options = OPTIONS_TXN,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_pause,
};
