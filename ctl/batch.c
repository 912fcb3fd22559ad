/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdio.h>

#include "ctl/collection.h"

#define FAULTS_MAX 20 /* that are told */

/* A text on its way to a transaction. */
struct batch {
	struct context *c;
	struct collection commands;
	size_t faults;
	enum control_exit exit; /* of the first one */
};

static void print(const struct batch *b)
{
	fault_print(b->c->fault, options_json(b->c->options), stderr);
}

/* The last one is what the command ends with; those before it are printed here. */
static void keep_fault(struct batch *b, const struct fault *fault)
{
	b->faults++;
	if (b->faults == 1)
		b->exit = fault->exit;
	if (b->faults > FAULTS_MAX)
		return;
	if (b->faults > 1)
		print(b);
	*b->c->fault = *fault;
}

/* 0, or -1 with the context's fault, after all others were printed. */
static int read_commands(struct batch *b, struct script *script)
{
	struct script_command command;
	enum script_result result;
	struct fault fault;

	while ((result = script_next(script, &command, &fault)) == SCRIPT_COMMAND) {
		if (collection_add(&b->commands, &command, &fault) == 0)
			continue;
		keep_fault(b, &fault);
		if (fault.exit == CONTROL_EXIT_LIMIT)
			break;
	}
	if (result == SCRIPT_OPEN || result == SCRIPT_BAD)
		keep_fault(b, &fault);
	if (b->faults == 0)
		return 0;
	if (b->faults > FAULTS_MAX) {
		print(b);
		fault_set(b->c->fault, b->exit, "and %zu more", b->faults - FAULTS_MAX);
	}
	b->c->fault->exit = b->exit;
	return -1;
}

static int run_batch(struct context *c, int argc, char **argv)
{
	struct batch b = {.c = c};
	struct script script;
	struct input in;
	int rc;

	collection_init(&b.commands);
	rc = input_read(c, argc > 0 ? argv[0] : NULL, "the commands", &in);
	script_init(&script, in.place.name, buf_span(&in.text), b.commands.arena);
	if (rc == 0)
		rc = read_commands(&b, &script);
	if (rc == 0 && b.commands.commands == 0)
		rc = fault_set(c->fault, CONTROL_EXIT_USAGE, "%s has no commands", in.place.name);
	if (rc == 0)
		rc = change_send(&b.commands.change, c);
	collection_fini(&b.commands);
	input_fini(&in);
	return rc;
}

const struct command command_batch = {
    .object = "batch",
    .arguments = "[FILE]",
    .help = "several changes in one transaction, all or nothing",
    .details = "The file, or standard input, has commands as they stand on the command line,\n"
	       "one a line, without pointsctl:\n"
	       "  route mv web --first\n"
	       "  upstream swap web 10.0.0.8:443 10.0.0.9:443 --existing drain=10m\n"
	       "  route add --server main <<END\n"
	       "  {\"@id\": \"rest\", \"handle\": [{\"handler\": \"close\"}]}\n"
	       "  END\n"
	       "Quotes and comments are those of sh, but nothing is replaced.\n",
    .options = OPTIONS_TXN | OPTION_FILE | OPTION_ECHO,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = change_answer},
    .run = run_batch,
};
