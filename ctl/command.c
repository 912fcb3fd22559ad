/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/control_path.h"
#include "common/duration.h"
#include "common/error.h"
#include "ctl/commands_tbl.h"

#define COMMAND_EXTERN(name) extern const struct command command_##name;
COMMANDS(COMMAND_EXTERN)

static const struct command *const commands[] = {
#define COMMAND_ADDRESS(name) &command_##name,
    COMMANDS(COMMAND_ADDRESS) NULL};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]) - 1)

const struct command *const *command_all(void)
{
	return commands;
}

/* ---- finding ------------------------------------------------------------------------------- */

static int no_object(const char *word, struct fault *fault)
{
	const char *names[COMMAND_COUNT + 1] = {NULL}, *near;
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i]->object;
	near = error_suggest(word, names);
	if (near == NULL)
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "no object '%s'; see pointsctl help", word);
	fault_set(fault, CONTROL_EXIT_USAGE, "no object '%s', did you mean '%s'?", word, near);
	snprintf(fault->hint, sizeof(fault->hint), "%s", near);
	return -1;
}

/* word NULL: it is missing. */
static int no_verb(const char *object, const char *word, struct fault *fault)
{
	const char *names[COMMAND_COUNT + 1] = {NULL}, *near;
	char all[256] = "";
	size_t i, n = 0, used = 0;

	for (i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i]->object, object) != 0)
			continue;
		names[n++] = commands[i]->verb;
		used += (size_t)snprintf(all + used, used < sizeof(all) ? sizeof(all) - used : 0,
		    "%s%s", n > 1 ? ", " : "", commands[i]->verb);
	}
	if (word == NULL)
		return fault_set(fault, CONTROL_EXIT_USAGE, "%s needs a verb: %s", object, all);
	near = error_suggest(word, names);
	if (near == NULL)
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "%s has no verb '%s', but %s", object, word, all);
	fault_set(fault, CONTROL_EXIT_USAGE, "%s has no verb '%s', did you mean '%s'?", object,
	    word, near);
	snprintf(fault->hint, sizeof(fault->hint), "%s", near);
	return -1;
}

const struct command *command_find(int argc, char **argv, int *used, struct fault *fault)
{
	bool known = false;
	size_t i;

	if (argc == 0) {
		fault_set(fault, CONTROL_EXIT_USAGE, "what should be done? see pointsctl help");
		return NULL;
	}
	for (i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = commands[i];

		if (strcmp(c->object, argv[0]) != 0)
			continue;
		known = true;
		if (c->verb != NULL && (argc < 2 || strcmp(c->verb, argv[1]) != 0))
			continue;
		*used = c->verb != NULL ? 2 : 1;
		return c;
	}
	if (known)
		no_verb(argv[0], argc > 1 ? argv[1] : NULL, fault);
	else
		no_object(argv[0], fault);
	fault->word = known && argc > 1 ? argv[1] : argv[0];
	return NULL;
}

/* ---- usage --------------------------------------------------------------------------------- */

static void print_name(const struct command *c, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s%s%s", c->object, c->verb != NULL ? " " : "",
	    c->verb != NULL ? c->verb : "", c->arguments != NULL ? " " : "",
	    c->arguments != NULL ? c->arguments : "");
}

void command_usage(const struct command *command, FILE *to)
{
	char name[128];

	print_name(command, name, sizeof(name));
	fprintf(to, "usage: pointsctl [OPTIONS] %s\n\n%s\n", name, command->help);
	if (command->details != NULL)
		fprintf(to, "\n%s", command->details);
	fputs("\noptions:\n", to);
	if (command->options != 0)
		options_print(command->options, to);
	options_print(0, to);
}

void command_overview(FILE *to)
{
	char name[128];
	size_t i;

	fputs("usage: pointsctl [OPTIONS] OBJECT [VERB] [ARGUMENTS]\n\n", to);
	for (i = 0; i < COMMAND_COUNT; i++) {
		snprintf(name, sizeof(name), "%s %s", commands[i]->object,
		    commands[i]->verb != NULL ? commands[i]->verb : "");
		fprintf(to, "  %-17s %s\n", name, commands[i]->help);
	}
	fputs("\noptions:\n", to);
	options_print(0, to);
	fputs("\nMore on one: pointsctl help OBJECT [VERB], or pointsctl(8).\n", to);
}

/* ---- for commands -------------------------------------------------------------------------- */

struct client *command_connect(struct context *c)
{
	char path[CONTROL_PATH_MAX];

	if (c->client == NULL)
		c->client = client_open(
		    c->options->socket != NULL ? c->options->socket : control_path_client(path),
		    c->options->timeout, c->fault);
	return c->client;
}

int command_call(struct context *c, struct reply *out)
{
	return client_call(c->client, NULL, NULL, out, c->fault);
}

void command_change_hint(const struct context *c)
{
	char text[DURATION_TEXT_MAX];

	if ((c->options->given & (OPTION_CONFIRM | OPTION_DRY_RUN)) != OPTION_CONFIRM)
		return;
	fprintf(stderr, "pointsctl: taken back in %s, unless: pointsctl config confirm\n",
	    duration_text((int64_t)c->options->confirm_s * DURATION_S, text));
}

void command_change_options(const struct context *c, struct pack_box *params)
{
	const struct options *o = c->options;

	if (o->given & OPTION_IF_REV)
		pack_u64(pack_key(params, "if_rev"), o->if_rev);
	if (o->given & OPTION_DRY_RUN)
		pack_bool(pack_key(params, "dry_run"), true);
	if (o->given & OPTION_SAVE)
		pack_bool(pack_key(params, "save"), true);
	if (o->given & OPTION_CONFIRM)
		pack_u64(pack_key(params, "confirm_s"), o->confirm_s);
	if (o->txn_id != NULL)
		pack_str(pack_key(params, "txn_id"), o->txn_id);
	if (o->comment != NULL)
		pack_str(pack_key(params, "comment"), o->comment);
}

int command_id(struct context *c, const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0)
		return fault_set(c->fault, CONTROL_EXIT_USAGE, "'%s' is not an id", text);
	return 0;
}

int command_printed(struct context *c, int rc)
{
	if (rc == -1)
		return fault_set(
		    c->fault, CONTROL_EXIT_INTERNAL, "cannot write: %s", strerror(errno));
	return 0;
}
