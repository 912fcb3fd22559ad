/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int run_add(struct context *c, int argc, char **argv)
{
	struct change change;
	int i;

	if (c->options->server == NULL)
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "say with --server whose listener it is");
	change_begin(&change, c, "listener", "added");
	for (i = 0; i < argc && !change.failed; i++) {
		change_operation(&change, "listener.add", argv[i]);
		change_text(&change, "server", c->options->server);
		change_text(&change, "address", argv[i]);
	}
	return change_apply(&change);
}

const struct command command_listener_add = {
    .object = "listener",
    .verb = "add",
    .arguments = "ADDRESS...",
    .help = "listen on more addresses",
    .options = OPTIONS_TXN | OPTION_SERVER,
    .min = 1,
    .max = -1,
    .answer = {ANSWER_OBJECT, change_answer},
    .run = run_add,
};
