/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "ctl/history.h"

#define COMMAND_MAX (64u << 10) /* bytes of one over several lines, without its here-document */
#define PROMPT_MAX 64

/* ---- completion ------------------------------------------------------------------------------ */

/* As a command line that names the socket: the shell's own, unless the words say another one. */
static void complete_words(
    const struct shell *s, const struct script_command *typed, struct completion *out)
{
	struct arena *arena = typed->script->arena;
	const char **words = arena_array(arena, (size_t)typed->argc + 2, sizeof(*words));
	int i, count = 0;

	if (s->options->socket != NULL) {
		words[count++] = "-s";
		words[count++] = s->options->socket;
	}
	for (i = 1; i < typed->argc; i++)
		words[count++] = typed->words[i];
	/* These take the options of a batch. */
	if (typed->argc > 2 &&
	    (strcmp(typed->words[1], "commit") == 0 || strcmp(typed->words[1], "diff") == 0))
		words[count - typed->argc + 1] = "batch";
	complete(out, count, words, complete_live);
}

static bool complete_typed(struct span typed, struct completion *out, size_t *start, void *arg)
{
	const struct shell_builtin *builtin = shell_builtins;
	struct script_command command;
	const struct shell *s = arg;
	struct arena *arena;
	struct script script;
	size_t before = buf_len(&s->pending);
	char *text;

	if (s->until != NULL)
		return false;
	arena = arena_new(1024);
	text = arena_printf(
	    arena, "%.*s%.*s", (int)before, buf_span(&s->pending).p, (int)typed.n, typed.p);
	script_init(&script, "", span_str(text), arena);
	script_typed(&script, &command, start);
	if (command.argc < 2 || *start < before) {
		arena_free(arena);
		return false;
	}
	*start -= before;
	complete_words(s, &command, out);
	arena_adopt(out->arena, arena);
	for (; command.argc == 2 && builtin->name != NULL; builtin++)
		complete_add(out, builtin->name, builtin->help);
	if (out->files)
		complete_files(out);
	return true;
}

/* ---- what is remembered ---------------------------------------------------------------------- */

static void recall(const char *line, void *arg)
{
	editor_remember(arg, line);
}

/* The line, without the blanks behind it, as long as arena lives. */
static char *trimmed(struct span line, struct arena *arena)
{
	while (line.n > 0 && strchr(" \t\n", line.p[line.n - 1]) != NULL)
		line.n--;
	return arena_strndup(arena, line.n > 0 ? (const char *)line.p : "", line.n);
}

/*
 * For the next time: what was understood, stands on one line, has no blank before it, and cannot
 * have a secret.
 */
static void keep(const struct shell *s, struct shell_command *command)
{
	struct script_command *script = &command->script;
	const char *line = trimmed(command->text, command->arena);
	struct invocation in;
	struct fault fault;

	if (s->history == -1 || script->here.given || line[0] == ' ' || strchr(line, '\n') != NULL)
		return;
	if (shell_builtin(script->words[1]) != NULL ||
	    (invocation_read(&in, s->options, script->argc, script->argv, &fault) == 0 &&
		(in.command == NULL || !in.command->secret)))
		history_append(s->history, line);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void refuse(struct shell *s, const struct fault *fault)
{
	fflush(stdout);
	fault_print(fault, s->json, stderr);
	s->status = (int)fault->exit;
}

/*
 * What cannot be understood makes it unclear what the lines behind it are: nobody would see that
 * they are not commands.
 */
static void give_up(struct shell *s, const struct fault *fault)
{
	refuse(s, fault);
	s->over = s->editor == NULL;
}

static void forget_pending(struct shell *s)
{
	buf_clear(&s->pending);
	free(s->until);
	s->until = NULL;
}

static void run(struct shell *s, struct shell_command *command)
{
	struct fault fault;
	int rc;

	if (s->editor != NULL)
		keep(s, command);
	rc = shell_run(s, command, &fault);
	if (rc == -1)
		refuse(s, &fault);
	else
		s->status = rc;
}

/*
 * Faults name lines: those of the transaction, where somebody sees them; else those that were
 * read.
 */
static void name_lines(const struct shell *s, struct script *script)
{
	unsigned i, lines = 0;

	for (i = 0; i < buf_len(&s->pending); i++)
		lines += buf_span(&s->pending).p[i] == '\n';
	if (s->editor == NULL) {
		script->name = "standard input";
		script->line = s->line - lines + 1;
	} else if (s->transaction != NULL) {
		script->name = "transaction";
		script->line = s->transaction->lines + 1;
	} else {
		script->name = "command";
	}
}

/* last: no more lines will come. */
static void understand(struct shell *s, bool last)
{
	struct shell_command command = {.text = buf_span(&s->pending)};
	enum script_result result;
	struct script script;
	struct fault fault;

	command.arena = arena_new(1024);
	s->json = options_json(s->options);
	script_init(&script, "", command.text, command.arena);
	name_lines(s, &script);
	result = script_next(&script, &command.script, &fault);
	if (result == SCRIPT_OPEN && !last) {
		if (command.script.open_until != NULL)
			s->until = mem_strdup(command.script.open_until);
	} else {
		if (result == SCRIPT_COMMAND)
			run(s, &command);
		else if (result != SCRIPT_END)
			give_up(s, &fault);
		forget_pending(s);
	}
	arena_free(command.arena);
}

static void take_line(struct shell *s, struct span line)
{
	size_t max = s->until != NULL ? INPUT_MAX : COMMAND_MAX;
	struct fault fault;

	s->line++;
	buf_append(&s->pending, line.p, line.n);
	buf_append(&s->pending, "\n", 1);
	if (s->until != NULL && buf_len(&s->pending) <= max && !span_eq_str(line, s->until))
		return;
	if (buf_len(&s->pending) <= max || line.n + 1 == buf_len(&s->pending)) {
		understand(s, false);
		return;
	}
	fault_set(&fault, CONTROL_EXIT_LIMIT, "a command of more than %zu bytes", max);
	give_up(s, &fault);
	forget_pending(s);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void make_prompt(const struct shell *s, char out[PROMPT_MAX])
{
	if (buf_len(&s->pending) > 0)
		snprintf(out, PROMPT_MAX, "> ");
	else if (s->transaction != NULL)
		snprintf(out, PROMPT_MAX, "pointsman[%zu]> ", s->transaction->commands.commands);
	else
		snprintf(out, PROMPT_MAX, "pointsman> ");
}

/* A command's first line can be recalled. */
static void take_typed(struct shell *s, struct span line)
{
	struct arena *arena = arena_new(line.n + 1024);
	const char *text = trimmed(line, arena);

	if (buf_len(&s->pending) == 0 && text[0] != '\0')
		editor_remember(s->editor, text);
	arena_free(arena);
	take_line(s, line);
}

static void read_typed(struct shell *s)
{
	char prompt[PROMPT_MAX];
	struct span line;

	make_prompt(s, prompt);
	switch (editor_read(s->editor, prompt, &line)) {
	case EDITOR_LINE:
		take_typed(s, line);
		break;
	case EDITOR_INTERRUPTED:
		forget_pending(s);
		break;
	case EDITOR_END:
		s->over = true;
		break;
	}
}

static void read_other(struct shell *s)
{
	struct fault fault;
	struct span line;

	switch (lines_next(&s->lines, &line, &fault)) {
	case 1:
		take_line(s, line);
		break;
	case 0:
		if (buf_len(&s->pending) > 0)
			understand(s, true);
		s->over = true;
		break;
	default:
		refuse(s, &fault);
		s->over = true;
		break;
	}
}

static void start_editor(struct shell *s)
{
	s->editor = editor_new(complete_typed, s);
	s->history = history_open();
	if (s->history == -1)
		fprintf(stderr, "pointsctl: no history is kept: %s\n", strerror(errno));
	else
		history_load(s->history, recall, s->editor);
	printf("pointsctl %s: help says what there is, Ctrl-D leaves\n", PACKAGE_VERSION);
}

static int run_shell(struct context *c, int argc, char **argv)
{
	struct shell s = {.options = c->options, .history = -1, .lines = {.fd = STDIN_FILENO}};

	(void)argc;
	(void)argv;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		start_editor(&s);
	while (!s.over)
		if (s.editor != NULL)
			read_typed(&s);
		else
			read_other(&s);
	if (s.transaction != NULL) {
		fputs("pointsctl: the transaction was not committed\n", stderr);
		s.status = s.status == 0 ? CONTROL_EXIT_NO : s.status;
	}
	shell_end(&s);
	forget_pending(&s);
	if (s.editor != NULL)
		editor_free(s.editor);
	if (s.history != -1)
		close(s.history);
	lines_fini(&s.lines);
	buf_fini(&s.pending);
	return s.status;
}

const struct command command_shell = {
    .object = "shell",
    .help = "a prompt for all commands",
    .details = "It completes with Tab and recalls with the arrow keys. Quotes and here-documents\n"
	       "are those of sh. Between begin and commit changes are collected, then made in\n"
	       "one transaction. Without a terminal it reads commands from standard input.\n",
    .run = run_shell,
};
