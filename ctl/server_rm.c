/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_rm(struct context *c, int argc, char **argv)
{
	struct change change;

	change_begin(&change, c, "server", "removed");
	return change_each(&change, "server.rm", "name", argc, argv);
}

const struct command command_server_rm = {
    .object = "server",
    .verb = "rm",
    .arguments = "NAME...",
    .help = "remove servers with their listeners",
    .options = OPTIONS_TXN | OPTION_EXISTING,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_rm,
};
