/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scripts of pointsctl: any text is commands up to its end or up to a fault that has a place. What
 * was read can be written and is read the same again; what is typed has a word at the cursor.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "ctl/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* The same words, quoted, are the same words. */
static void write_and_read(const struct script_command *command, struct arena *arena)
{
	struct script_command again;
	struct buf text = {0};
	struct script script;
	struct fault fault;
	int i;

	buf_append_str(&text, "first");
	for (i = 1; i < command->argc; i++) {
		buf_append_str(&text, " ");
		script_quote(&text, command->words[i]);
	}
	script_init(&script, "", buf_span(&text), arena);
	if (buf_len(&text) <= SCRIPT_COMMAND_MAX && command->argc < SCRIPT_WORDS_MAX) {
		check(script_next(&script, &again, &fault) == SCRIPT_COMMAND);
		check(again.argc == command->argc + 1);
		for (i = 1; i < command->argc; i++)
			check(strcmp(again.words[i + 1], command->words[i]) == 0);
	}
	buf_fini(&text);
}

static void check_command(const struct script *script, const struct script_command *command)
{
	struct span here = command->here.text;
	struct fault fault;

	check(command->argc >= 1 && command->argv[command->argc] == NULL);
	check(command->place.line > 0 && command->place.line <= script->line);
	check(!command->here.given ||
	      (here.p >= script->text.p && here.p + here.n <= script->text.p + script->text.n &&
		  command->here.place.line <= script->line));
	fault_set(&fault, CONTROL_EXIT_USAGE, "something");
	fault.word = command->words[command->argc - 1];
	script_fault(command, &fault);
	check(strncmp(fault.path, "name:", 5) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1024);
	struct script_command command;
	enum script_result result;
	struct script script;
	struct fault fault;
	size_t start, before = 0;

	script_init(&script, "name", span_of(data, size), arena);
	while ((result = script_next(&script, &command, &fault)) == SCRIPT_COMMAND) {
		check(script.at > before && script.at <= size);
		before = script.at;
		check_command(&script, &command);
		write_and_read(&command, arena);
	}
	check(result == SCRIPT_END ||
	      (strncmp(fault.path, "name:", 5) == 0 && fault.message[0] != '\0'));
	script_typed(&script, &command, &start);
	check(command.argc == 0 || (command.argc >= 2 && start >= before));
	check(start <= size);
	arena_free(arena);
	return 0;
}
