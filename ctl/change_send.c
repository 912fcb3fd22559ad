/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/unpack.h"
#include "ctl/changes.h"
#include "ctl/concerned.h"
#include "ctl/echo.h"
#include "ctl/human.h"
#include "ctl/stage.h"

#define NAME_MAX_SHOWN 256

/* ---- the answer ------------------------------------------------------------------------------ */

const struct column change_answer[] = {
    {.key = "revision", .kind = COLUMN_NUMBER},
    {.key = "unchanged", .kind = COLUMN_BOOL, .absent = true},
    {.key = "connections", .kind = COLUMN_NUMBERS},
    {.key = "names", .kind = COLUMN_NAMES},
    {.key = "existing", .kind = COLUMN_OBJECT, .members = concerned_choices, .absent = true},
    {.key = "change_count", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "changes", .kind = COLUMN_OBJECTS, .members = changes_members, .absent = true},
    {.key = NULL},
};

/* What the daemon calls it, else what the user did; NULL: it has no name yet. */
static const char *name_of(
    const struct change *ch, const msgpack_object *names, size_t i, char out[NAME_MAX_SHOWN])
{
	if (unpack_is_array(names) && i < names->via.array.size &&
	    unpack_copy(&names->via.array.ptr[i], out, NAME_MAX_SHOWN))
		return out;
	return ch->items[i].name;
}

/* unchanged: only what the operations have done to connections is worth a line. */
static void print_text(
    const struct change *ch, const msgpack_object *result, bool dry, bool unchanged, FILE *to)
{
	const msgpack_object *counts = unpack_get(result, "connections");
	const msgpack_object *names = unpack_get(result, "names");
	char text[NAME_MAX_SHOWN];
	size_t i;

	for (i = 0; i < ch->count; i++) {
		const struct command *command = ch->items[i].command;
		const char *name = name_of(ch, names, i, text);
		uint64_t count = 0;

		if (unpack_is_array(counts) && i < counts->via.array.size)
			unpack_u64(&counts->via.array.ptr[i], &count);
		if (unchanged && (count == 0 || ch->items[i].existing == NULL))
			continue;
		fputs(command->what != NULL ? command->what : command->object, to);
		if (name != NULL) {
			fputc(' ', to);
			human_print(span_str(name), to);
		}
		fprintf(to, " %s%s", dry ? "would be " : "", command->done);
		if (!dry)
			concerned_print(ch->items[i].existing, ch->items[i].drain, count, to);
		fputc('\n', to);
	}
}

/* As the verbs take it: an upstream's is that of its proxy handler, and its own. */
static void print_name(const char *proxy, const char *name, FILE *to)
{
	if (proxy != NULL) {
		human_print(span_str(proxy), to);
		fputc(' ', to);
	}
	human_print(span_str(name != NULL ? name : ""), to);
	fputc('\n', to);
}

static int print_names(const struct change *ch, const msgpack_object *result, FILE *to)
{
	json_t *operation, *dial, *address;
	char text[NAME_MAX_SHOWN];
	size_t i, j;

	json_array_foreach (ch->operations, i, operation) {
		const char *proxy = json_string_value(json_object_get(operation, "proxy"));

		dial = json_object_get(operation, "dial"); /* of a swap */
		json_array_foreach (dial, j, address)
			print_name(proxy, json_string_value(address), to);
		if (dial == NULL)
			print_name(proxy, name_of(ch, unpack_get(result, "names"), i, text), to);
	}
	return 0;
}

static bool is_unchanged(const msgpack_object *result)
{
	bool unchanged = false;

	unpack_bool(unpack_get(result, "unchanged"), &unchanged);
	return unchanged;
}

/* Beside the output: what is yet to be done. */
static void print_hint(const struct context *c, const msgpack_object *result)
{
	if (!is_unchanged(result))
		command_change_hint(c);
	else if ((c->options->given & (OPTION_SAVE | OPTION_DRY_RUN)) == OPTION_SAVE)
		fputs("pointsctl: nothing changed, so nothing was saved; what runs is saved by: "
		      "pointsctl config save\n",
		    stderr);
}

static int print(const struct change *ch, const struct context *c, const msgpack_object *result)
{
	const struct output *output = &c->output;
	bool dry = (c->options->given & OPTION_DRY_RUN) != 0, unchanged = is_unchanged(result);
	uint64_t revision = 0;

	if (output->format == FORMAT_JSON || output->format == FORMAT_JSONL)
		return output_object(output, result, change_answer, NULL);
	if (output->format == FORMAT_NAME)
		return print_names(ch, result, output->to);
	print_text(ch, result, dry, unchanged, output->to);
	if (dry && unchanged)
		fputs("nothing would change\n", output->to);
	if (dry) {
		changes_print(output, result, false);
		concerned_print_choices(result, output->to);
		return 0;
	}
	unpack_u64(unpack_get(result, "revision"), &revision);
	fprintf(
	    output->to, "%srevision %" PRIu64 "\n", unchanged ? "nothing changed: " : "", revision);
	return 0;
}

static int print_echo(const struct change *ch, struct context *c, const msgpack_object *result)
{
	const msgpack_object *names = unpack_get(result, "names");
	struct echo echo;
	json_t *operation;
	char text[NAME_MAX_SHOWN];
	size_t i;
	int rc;

	echo_init(&echo, c);
	json_array_foreach (ch->operations, i, operation)
		echo_add(&echo, operation, name_of(ch, names, i, text));
	rc = echo_print(&echo);
	echo_fini(&echo);
	return rc;
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* "operations[7].route:3:1": *number is 7, and what is returned is "route:3:1". NULL: no such. */
static const char *operation_place(const char *path, size_t *number)
{
	static const char lead[] = "operations[";
	char *end;

	if (strncmp(path, lead, strlen(lead)) != 0)
		return NULL;
	*number = strtoul(path + strlen(lead), &end, 10);
	if (*end != ']')
		return NULL;
	return end + 1 + (end[1] == '.');
}

/* In the text that was sent with the operation: a line of its file. */
static bool name_input(const struct input_place *input, struct fault *fault)
{
	return input->name != NULL && (input_name_fault(input, "Caddyfile", fault) ||
					  input_name_fault(input, "route", fault) ||
					  input_name_fault(input, "server", fault));
}

/* Places are the user's: of a file with its name, of a command's operation with its line. */
static void name_place(const struct change *ch, struct fault *fault)
{
	const struct change_item *item;
	const char *rest;
	size_t i;

	rest = operation_place(fault->path, &i);
	if (rest == NULL && ch->count == 1 && fault->path[0] != '\0') { /* in the document */
		rest = fault->path;
		i = 0;
	}
	if (rest == NULL || i >= ch->count)
		return;
	item = &ch->items[i];
	if (item->place.name == NULL && ch->count > 1)
		return;
	memmove(fault->path, rest, strlen(rest) + 1);
	/* A here-document has its lines in the script. */
	if (name_input(&item->input, fault) && item->input.name == item->place.name)
		return;
	if (item->place.name != NULL)
		fault_place(fault, item->place.name, item->place.line, item->place.column);
}

/* ---- sending it ------------------------------------------------------------------------------ */

/* A dry run adds and changes nothing that could be shown. */
static int check_echo(const struct context *c)
{
	const uint64_t both = OPTION_ECHO | OPTION_DRY_RUN;

	if ((c->options->given & both) != both)
		return 0;
	return fault_set(c->fault, CONTROL_EXIT_USAGE,
	    "--echo shows what a change has made; with --dry-run there is none");
}

int change_send(struct change *ch, struct context *c)
{
	struct pack_box *params;
	struct reply reply;
	char *text;
	int rc;

	if (check_echo(c) == -1 || command_connect(c) == NULL)
		return -1;
	text = json_dumps(ch->operations, JSON_COMPACT);
	rc = stage_begin(c, CONTROL_TXN_APPLY, "operations", span_str(text), &params);
	free(text);
	if (rc == -1)
		return -1;
	command_change_options(c, params);
	if (command_call(c, &reply) == -1) {
		name_place(ch, c->fault);
		return -1;
	}
	if (c->options->given & OPTION_ECHO)
		rc = print_echo(ch, c, reply.result);
	else
		rc = command_printed(c, print(ch, c, reply.result));
	print_hint(c, reply.result);
	reply_fini(&reply);
	return rc;
}
