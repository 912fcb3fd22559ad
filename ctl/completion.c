/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * completion: the scripts of shells, which ask `pointsctl completion words` what a command line may
 * go on with. It answers with a line "files" (names of files may stand there, too) or "words", then
 * with the candidates, a line each: the word, a tab, a few words of help.
 */
#include <config.h>

#include <string.h>

#include "ctl/command.h"
#include "ctl/complete.h"

#define SHELLS "bash|fish|zsh"

/* The files of ctl/completion, of which the build makes texts. */
static const struct {
	const char *shell, *script;
} scripts[] = {
#include <ctl/completion_scripts.inc>
};

/* A name with a control character has no line of its own; nobody would type it. */
static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static int print_words(struct context *c, int count, char **words)
{
	struct completion candidates;
	size_t i;

	if (count == 0)
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "completion words needs the words of a command line, behind --");
	complete(&candidates, count, (const char *const *)words, complete_live);
	fprintf(c->output.to, "%s\n", candidates.files ? "files" : "words");
	for (i = 0; i < candidates.count; i++)
		if (is_printable(candidates.items[i].text))
			fprintf(c->output.to, "%s\t%s\n", candidates.items[i].text,
			    candidates.items[i].help);
	complete_fini(&candidates);
	return 0;
}

static int run_completion(struct context *c, int argc, char **argv)
{
	size_t i;

	if (strcmp(argv[0], "words") == 0)
		return print_words(c, argc - 1, argv + 1);
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (argc == 1 && strcmp(argv[0], scripts[i].shell) == 0)
			return command_printed(
			    c, fputs(scripts[i].script, c->output.to) == EOF ? -1 : 0);
	if (argc > 1)
		return fault_set(c->fault, CONTROL_EXIT_USAGE, "completion is for one shell");
	return fault_choice(c->fault, "completion is for", SHELLS, argv[0]);
}

const struct command command_completion = {
    .object = "completion",
    .arguments = SHELLS,
    .help = "the script by which a shell completes command lines",
    .details = "Where it was not installed:\n"
	       "  . <(pointsctl completion bash)\n"
	       "  . <(pointsctl completion zsh)\n"
	       "  pointsctl completion fish | source\n"
	       "Names of what lives in the daemon are asked of it.\n",
    .min = 1,
    .max = -1,
    .run = run_completion,
};
