/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands: object, then verb. One const struct command a command in a file of its own, one line
 * each in commands_tbl.h; dispatch, usage texts and suggestions come from there.
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "ctl/client.h"
#include "ctl/fault.h"
#include "ctl/options.h"
#include "ctl/output.h"

struct change;
struct command;
struct input_here;

/* What a command runs with. */
struct context {
	const struct command *command;
	const struct options *options;
	struct output output;
	struct client *client; /* see command_connect() */
	struct fault *fault;
	const struct input_here *here; /* in a script: its standard input; else NULL */
};

/* What a command prints with -j; everything but ANSWER_BARE and ANSWER_LINES has "rev", too. */
enum answer_form {
	ANSWER_NONE,   /* text for people, or the script of a shell */
	ANSWER_OBJECT, /* of members */
	ANSWER_LIST,   /* "items", each of members; beside it, members of beside */
	ANSWER_LINES,  /* one object of members a line, for as long as it runs */
	ANSWER_BARE,   /* an object without "rev"; without members: any */
};

struct answer {
	enum answer_form form;
	const struct column *members, *beside;
};

struct command {
	const char *object;
	const char *verb; /* NULL: the object is the whole command */
	/*
	 * For the usage text and completion: "ROUTE ID...", NULL: none. What may be left out is in
	 * brackets, the last one may be many, and words in small letters stand for themselves.
	 */
	const char *arguments;
	const char *help;     /* one line */
	const char *details;  /* more lines, each with its line feed; NULL: none */
	uint64_t options;     /* of option_bit */
	int min, max;         /* number of arguments; max -1: any */
	struct answer answer; /* those that have a make function all have the same: change_answer */
	/* Returns 0, the exit code of a negative answer, or -1 with the context's fault. */
	int (*run)(struct context *c, int argc, char **argv);
	/*
	 * Of a command that is operations of a transaction: makes them (change.h). NULL: it is
	 * something else.
	 */
	int (*make)(struct change *change, int argc, char **argv);
	const char *what; /* of such: to what it was done, "upstreams of"; NULL: the object */
	const char *done; /* and what: "removed" */
	bool secret;      /* its arguments may be secrets: nobody is to remember them */
};

/*
 * The command that argv begins with; *used is how many words it took. NULL with fault: unknown
 * object or verb, with the nearest, or a verb is missing.
 */
const struct command *command_find(int argc, char **argv, int *used, struct fault *fault);

/* All commands, ended by NULL. */
const struct command *const *command_all(void);

void command_usage(const struct command *command, FILE *to);
void command_overview(FILE *to);
/* Prints what the two above do. */
extern const struct command command_help;

/* The session, opened at first use; NULL with the context's fault. */
struct client *command_connect(struct context *c);
/* client_call() without chunks on the context's session. */
int command_call(struct context *c, struct reply *out);
/* Parameters that the options for changes stand for: if_rev, dry_run, save, confirm_s, txn_id,
 * comment. */
void command_change_options(const struct context *c, struct pack_box *params);
/* After a change that has to be confirmed: says so, beside the output. */
void command_change_hint(const struct context *c);
/* An argument that is an id. 0, or -1 with the context's fault. */
int command_id(struct context *c, const char *text, uint64_t *out);
/* What output functions return, as a command's result. */
int command_printed(struct context *c, int rc);

#endif
