/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/shell.h"

#include <string.h>

#include "common/error.h"

static int need_transaction(const struct shell *s, struct fault *fault)
{
	if (s->transaction == NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE, "there is no transaction; see begin");
	return 0;
}

static int run_begin(struct shell *s, int argc, char **argv, struct fault *fault)
{
	(void)argc;
	(void)argv;
	if (s->transaction != NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "a transaction has begun already: commit or abort it");
	shell_begin(s);
	return 0;
}

/* With numbers, as faults name lines. */
static int run_list(struct shell *s, int argc, char **argv, struct fault *fault)
{
	struct span text;
	unsigned line = 0;

	(void)argc;
	(void)argv;
	if (need_transaction(s, fault) == -1)
		return -1;
	text = buf_span(&s->transaction->text);
	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end != NULL ? (size_t)(end - text.p) + 1 : text.n;

		printf("%4u  %.*s", ++line, (int)n, (const char *)text.p);
		span_skip(&text, n);
	}
	return 0;
}

/* The options of a transaction, from the words behind commit or diff. */
static int read_options(
    const struct shell *s, int argc, char **argv, struct invocation *out, struct fault *fault)
{
	const char *excess;
	int first;

	*out = (struct invocation){.command = NULL};
	if (options_read(argc, argv, s->options, &out->options, &first, fault) == -1)
		return -1;
	excess = options_excess(out->options.given, OPTIONS_TXN | OPTION_ECHO);
	if (excess != NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE, "--%s is not for %s", excess, argv[0]);
	if (first < argc)
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "%s takes options, but no arguments", argv[0]);
	return 0;
}

static int send_all(struct shell *s, struct invocation *in, struct fault *fault)
{
	if (s->transaction->commands.commands == 0)
		return fault_set(fault, CONTROL_EXIT_USAGE, "the transaction has no commands");
	return shell_send(s, in, fault);
}

static int run_diff(struct shell *s, int argc, char **argv, struct fault *fault)
{
	struct invocation in;

	if (need_transaction(s, fault) == -1 || read_options(s, argc, argv, &in, fault) == -1)
		return -1;
	in.options.given |= OPTION_DRY_RUN;
	return send_all(s, &in, fault);
}

/* What nobody sees cannot be repaired: without a terminal it ends here, one way or the other. */
static int run_commit(struct shell *s, int argc, char **argv, struct fault *fault)
{
	struct invocation in;
	int rc = -1;

	if (need_transaction(s, fault) == -1)
		return -1;
	if (s->transaction->broken)
		fault_set(fault, CONTROL_EXIT_USAGE,
		    "nothing was changed: a command of the transaction was refused");
	else if (read_options(s, argc, argv, &in, fault) == 0)
		rc = send_all(s, &in, fault);
	if (s->editor == NULL || (rc == 0 && (in.options.given & OPTION_DRY_RUN) == 0))
		shell_end(s);
	return rc;
}

static int run_abort(struct shell *s, int argc, char **argv, struct fault *fault)
{
	(void)argc;
	(void)argv;
	if (need_transaction(s, fault) == -1)
		return -1;
	shell_end(s);
	return 0;
}

static int run_exit(struct shell *s, int argc, char **argv, struct fault *fault)
{
	(void)argc;
	(void)argv;
	(void)fault;
	s->over = true;
	return s->status;
}

const struct shell_builtin shell_builtins[] = {
    {"begin", "collect changes, to be made in one transaction", run_begin},
    {"list", "what was collected", run_list},
    {"diff", "what it would change", run_diff},
    {"commit", "make the changes; options as of batch", run_commit},
    {"abort", "forget them", run_abort},
    {"exit", "leave; Ctrl-D, too", run_exit},
    {"quit", "the same", run_exit},
    {NULL, NULL, NULL},
};

const struct shell_builtin *shell_builtin(const char *name)
{
	const struct shell_builtin *b;

	for (b = shell_builtins; b->name != NULL; b++)
		if (strcmp(b->name, name) == 0)
			return b;
	return NULL;
}

void shell_builtins_print(FILE *to)
{
	const struct shell_builtin *b;

	fputs("\nin a shell:\n", to);
	for (b = shell_builtins; b->name != NULL; b++)
		fprintf(to, "  %-17s %s\n", b->name, b->help);
}

/* What leaves other programs. */
static bool means_exit(const char *word)
{
	static const char *const words[] = {"q", "bye", "logout", ":q", "x"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

void shell_builtins_suggest(const char *word, struct fault *fault)
{
	const char *names[sizeof(shell_builtins) / sizeof(shell_builtins[0])];
	const char *near;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		names[i] = shell_builtins[i].name;
	near = means_exit(word) ? "exit" : error_suggest(word, names);
	if (fault->word != word || fault->hint[0] != '\0' || near == NULL)
		return;
	fault_set(fault, CONTROL_EXIT_USAGE, "no object '%s', did you mean '%s'?", word, near);
	snprintf(fault->hint, sizeof(fault->hint), "%s", near);
	fault->word = word;
}
