/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

static int make_add(struct change *change, int argc, char **argv)
{
	const char *server = change->c->options->server;
	int i;

	if (server == NULL)
		return fault_set(
		    change->c->fault, CONTROL_EXIT_USAGE, "say with --server whose listener it is");
	for (i = 0; i < argc; i++)
		if (change_operation(change, "listener.add", argv[i]) == -1 ||
		    change_text(change, "server", server) == -1 ||
		    change_text(change, "address", argv[i]) == -1)
			return -1;
	return 0;
}

const struct command command_listener_add = {
    .object = "listener",
    .verb = "add",
    .arguments = "ADDRESS...",
    .help = "listen on more addresses",
    .options = OPTIONS_TXN | OPTION_SERVER | OPTION_ECHO,
    .min = 1,
    .max = -1,
    .run = change_run,
    .make = make_add,
    .done = "added",
};
