/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Within the shell: what its files share. shell.c reads lines and makes commands of them,
 * shell_run.c runs them, shell_builtins.c has those that only a shell knows.
 */
#ifndef CTL_SHELL_H
#define CTL_SHELL_H

#include "ctl/collection.h"
#include "ctl/editor.h"
#include "ctl/invocation.h"
#include "ctl/lines.h"

/* Changes that are collected between "begin" and "commit". */
struct shell_transaction {
	struct collection commands;
	struct buf text; /* of the commands */
	unsigned lines;  /* of that */
	bool broken;     /* one was refused, and nobody was there to see it */
};

struct shell {
	const struct options *options; /* that commands have unless they say otherwise */
	struct editor *editor;         /* NULL: it is no terminal */
	struct lines lines;            /* of such */
	int history;                   /* descriptor; -1: none is kept */
	unsigned line;                 /* lines read so far */
	struct buf pending;            /* lines of a command that is not complete */
	char *until;                   /* the line that ends its here-document; NULL: it has none */
	struct shell_transaction *transaction; /* NULL: none has begun */
	bool json;                             /* faults are to be JSON */
	bool over;
	int status; /* of the last command */
};

/* A command that was read. Words and text are the arena's. */
struct shell_command {
	struct script_command script;
	struct span text;
	struct arena *arena;
};

extern const struct command command_shell;

/* ---- shell_run.c: commands. They return the exit code, or -1 with fault -----------------------
 */

/* Collects or runs it. May take the arena, and then sets it to NULL. */
int shell_run(struct shell *s, struct shell_command *command, struct fault *fault);

/* Sends the transaction, with in's options. */
int shell_send(struct shell *s, const struct invocation *in, struct fault *fault);

void shell_begin(struct shell *s);
void shell_end(struct shell *s); /* none has begun: nothing happens */

/* ---- shell_builtins.c -------------------------------------------------------------------------
 */

struct shell_builtin {
	const char *name, *help;
	int (*run)(struct shell *s, int argc, char **argv, struct fault *fault);
};

/* All, ended by one without a name. */
extern const struct shell_builtin shell_builtins[];
/* NULL: there is none of that name. */
const struct shell_builtin *shell_builtin(const char *name);
/* Lines for a usage text. */
void shell_builtins_print(FILE *to);
/* In a fault about an object that is not known: perhaps one of these was meant. */
void shell_builtins_suggest(const char *word, struct fault *fault);

#endif
