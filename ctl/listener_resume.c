/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_resume(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "listener", "resumed");
	return change_each(&change, "listener.resume", "address", argc, argv);
}

const struct command command_listener_resume = {
    .object = "listener",
    .verb = "resume",
    .arguments = "ADDRESS...",
    .help = "accept there again",
    .options = OPTIONS_TXN,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_resume,
};
