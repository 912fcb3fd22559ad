/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdio.h>

#include "common/arena.h"
#include "ctl/change.h"
#include "ctl/invocation.h"
#include "ctl/script.h"

#define FAULTS_MAX 20 /* that are told */

/* A text on its way to a transaction. */
struct batch {
	struct context *c;
	struct arena *arena;
	struct change change;
	size_t faults;
	enum control_exit exit; /* of the first one */
};

/* The last one is what the command ends with; those before it are printed here. */
static void keep_fault(struct batch *b, const struct fault *fault)
{
	enum format format = b->c->output.format;

	b->faults++;
	if (b->faults == 1)
		b->exit = fault->exit;
	else if (b->faults <= FAULTS_MAX)
		fault_print(b->c->fault, format == FORMAT_JSON || format == FORMAT_JSONL, stderr);
	if (b->faults <= FAULTS_MAX)
		*b->c->fault = *fault;
}

/* What belongs to the transaction cannot be said of a part of it. */
static int check_part(const struct invocation *in, struct fault *fault)
{
	const char *whole = options_excess(in->options.given, ~(unsigned)OPTIONS_TXN);

	if (in->options.common != NULL)
		whole = in->options.common;
	if (whole != NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "--%s is of all commands together: pointsctl batch --%s", whole, whole);
	if (in->options.given & OPTION_WAIT)
		return fault_set(fault, CONTROL_EXIT_USAGE, "there is no --wait in a transaction");
	if (in->command->make == NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "%s%s%s cannot be part of a transaction: only what changes routes, upstreams, "
		    "servers and listeners can",
		    in->command->object, in->command->verb != NULL ? " " : "",
		    in->command->verb != NULL ? in->command->verb : "");
	return 0;
}

static int add(struct batch *b, const struct script_command *command, struct fault *fault)
{
	struct invocation *in = arena_alloc(b->arena, sizeof(*in));
	struct context c;

	if (invocation_read(in, NULL, command->argc, command->argv, fault) == -1 ||
	    check_part(in, fault) == -1)
		return -1;
	c = invocation_context(in, &command->here, fault);
	return change_make(&b->change, &c, &command->place, in->argc, in->argv);
}

/* 0, or -1 with the context's fault, after all others were printed. */
static int read_commands(struct batch *b, struct script *script)
{
	struct script_command command;
	enum script_result result;
	struct fault fault;

	while ((result = script_next(script, &command, &fault)) == SCRIPT_COMMAND) {
		if (add(b, &command, &fault) == 0)
			continue;
		script_fault(&command, &fault);
		keep_fault(b, &fault);
	}
	if (result != SCRIPT_END)
		keep_fault(b, &fault);
	if (b->faults == 0)
		return 0;
	if (b->faults > FAULTS_MAX)
		fprintf(stderr, "pointsctl: %zu faults; these are the first %d:\n", b->faults,
		    FAULTS_MAX);
	b->c->fault->exit = b->exit;
	return -1;
}

static int run_batch(struct context *c, int argc, char **argv)
{
	struct batch b = {.c = c, .arena = arena_new(4096)};
	struct script script;
	struct input in;
	int rc;

	change_init(&b.change);
	rc = input_read(c, argc > 0 ? argv[0] : NULL, "the commands", &in);
	script_init(&script, in.place.name, buf_span(&in.text), b.arena);
	if (rc == 0)
		rc = read_commands(&b, &script);
	if (rc == 0 && b.change.count == 0)
		rc = fault_set(c->fault, CONTROL_EXIT_USAGE, "%s has no commands", in.place.name);
	if (rc == 0)
		rc = change_send(&b.change, c);
	change_fini(&b.change);
	input_fini(&in);
	arena_free(b.arena);
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
    .options = OPTIONS_TXN | OPTION_FILE,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = change_answer},
    .run = run_batch,
};
