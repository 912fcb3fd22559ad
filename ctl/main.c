/* SPDX-License-Identifier: BSD-2-Clause */
/* pointsctl: changes the points while the trains run. */
#include <config.h>

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/command.h"

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

static int run(const struct command *command, const struct options *options, int argc, char **argv,
    struct fault *fault)
{
	struct context c = {.options = options, .fault = fault};
	int rc;

	if (options->help) {
		command_usage(command, stdout);
		return 0;
	}
	if (check_use(command, options, argc, fault) == -1)
		return -1;
	c.output.format = options->format;
	c.output.to = stdout;
	c.output.width = terminal_width();
	c.output.colours = wants_colours(c.output.width);
	rc = command->run(&c, argc, argv);
	client_close(c.client);
	if (fflush(stdout) == EOF && rc == 0)
		rc = command_printed(&c, -1);
	return rc;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	struct fault fault;
	int first = 0, used = 0, rc = -1;

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_DFL);
	if (options_read(argc, argv, &options, &first, &fault) == -1)
		goto out;
	if (options.version) {
		printf("pointsctl %s\n", PACKAGE_VERSION);
		return 0;
	}
	if (options.help && first == argc) {
		command_overview(stdout);
		return 0;
	}
	command = command_find(argc - first, argv + first, &used, &fault);
	if (command == NULL)
		goto out;
	rc = run(command, &options, argc - first - used, argv + first + used, &fault);
out:
	if (rc != -1)
		return rc;
	fault_print(
	    &fault, options.format == FORMAT_JSON || options.format == FORMAT_JSONL, stderr);
	return (int)fault.exit;
}
