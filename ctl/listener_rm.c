/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_rm(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "listener", "removed");
	return change_each(&change, "listener.rm", "address", argc, argv);
}

const struct command command_listener_rm = {
    .object = "listener",
    .verb = "rm",
    .arguments = "ADDRESS...",
    .help = "listen there no more",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_rm,
};
