/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/invocation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (columns != NULL && atoi(columns) > 0)
		return (size_t)atoi(columns);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/* no-color.org: set and not empty. */
static bool wants_colours(size_t width)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return width > 0 && (no == NULL || no[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0;
}

static int check_use(
    const struct command *command, const struct options *options, int argc, struct fault *fault)
{
	const char *excess = options_excess(options->given, command->options);
	const char *verb = command->verb != NULL ? command->verb : "";
	const char *arguments = command->arguments != NULL ? command->arguments : "";

	if (excess != NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE, "--%s is not for %s%s%s", excess,
		    command->object, *verb != '\0' ? " " : "", verb);
	if (argc < command->min || (command->max != -1 && argc > command->max))
		return fault_set(fault, CONTROL_EXIT_USAGE, "usage: pointsctl %s%s%s%s%s",
		    command->object, *verb != '\0' ? " " : "", verb, *arguments != '\0' ? " " : "",
		    arguments);
	return 0;
}

int invocation_read(
    struct invocation *out, const struct options *base, int argc, char **argv, struct fault *fault)
{
	int first, used;

	*out = (struct invocation){.command = NULL};
	if (options_read(argc, argv, base, &out->options, &first, fault) == -1)
		return -1;
	if (out->options.version || (out->options.help && first == argc))
		return 0;
	/* As "help OBJECT", where the verb may be missing. */
	if (out->options.help && argc - first == 1) {
		out->options.help = false;
		out->command = &command_help;
		out->argc = 1;
		out->argv = argv + first;
		return 0;
	}
	out->command = command_find(argc - first, argv + first, &used, fault);
	if (out->command == NULL)
		return -1;
	out->argc = argc - first - used;
	out->argv = argv + first + used;
	return out->options.help ? 0 : check_use(out->command, &out->options, out->argc, fault);
}

struct context invocation_context(
    const struct invocation *in, const struct input_here *here, struct fault *fault)
{
	struct context c = {
	    .command = in->command,
	    .options = &in->options,
	    .fault = fault,
	    .here = here,
	};

	c.output.format = in->options.format;
	c.output.to = stdout;
	c.output.width = terminal_width();
	c.output.colours = wants_colours(c.output.width);
	return c;
}

/* All of it, not only what is still to be written: an earlier write that failed is not repeated. */
static int check_written(struct context *c)
{
	if (fflush(stdout) == EOF)
		return command_printed(c, -1);
	if (!ferror(stdout))
		return 0;
	clearerr(stdout);
	return fault_set(c->fault, CONTROL_EXIT_INTERNAL, "cannot write all of the output");
}

int invocation_run(const struct invocation *in, const struct input_here *here, struct fault *fault)
{
	struct context c = invocation_context(in, here, fault);
	int rc = 0;

	if (in->options.version)
		printf("pointsctl %s\n", PACKAGE_VERSION);
	else if (in->command == NULL)
		command_overview(stdout);
	else if (in->options.help)
		command_usage(in->command, stdout);
	else
		rc = in->command->run(&c, in->argc, in->argv);
	client_close(c.client);
	return rc == 0 ? check_written(&c) : rc;
}
