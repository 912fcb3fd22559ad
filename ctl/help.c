/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "ctl/command.h"

/* An object with several verbs: all of them. */
static int run_object(struct context *c, const char *object)
{
	const struct command *const *commands = command_all();
	int found = 0;

	for (; *commands != NULL; commands++) {
		if (strcmp((*commands)->object, object) != 0)
			continue;
		if (found++ > 0)
			fputc('\n', c->output.to);
		command_usage(*commands, c->output.to);
	}
	return found;
}

static int run_help(struct context *c, int argc, char **argv)
{
	const struct command *command;
	int used;

	if (argc == 0) {
		command_overview(c->output.to);
		return 0;
	}
	if (argc == 1 && run_object(c, argv[0]) > 0)
		return 0;
	command = command_find(argc, argv, &used, c->fault);
	if (command == NULL)
		return -1;
	command_usage(command, c->output.to);
	return 0;
}

const struct command command_help = {
    .object = "help",
    .arguments = "[OBJECT [VERB]]",
    .help = "say how it is used",
    .max = 2,
    .run = run_help,
};
