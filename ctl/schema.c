/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schema: JSON Schema (2020-12) of what the commands print with -j, made from the tables by which
 * they print it. Objects are open: later versions may have more members.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "ctl/change.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define ERRORS "error" /* stands for an object: what all print on standard error */

static json_t *object_of(const struct column *members);

/* ---- values -------------------------------------------------------------------------------- */

static json_t *list_of(json_t *items)
{
	return json_pack("{s:s,s:o}", "type", "array", "items", items);
}

static json_t *number_of(const char *unit)
{
	return json_pack("{s:s,s:i,s:s*}", "type", "integer", "minimum", 0, "description", unit);
}

static json_t *seconds(void)
{
	return json_pack("{s:s,s:i,s:s}", "type", "number", "minimum", 0, "description", "seconds");
}

/* By names that nobody knows beforehand. */
static json_t *map_of(json_t *values)
{
	return json_pack("{s:s,s:o}", "type", "object", "additionalProperties", values);
}

static json_t *value_of(const struct column *column)
{
	switch (column->kind) {
	case COLUMN_TEXT:
		return json_pack("{s:s}", "type", "string");
	case COLUMN_NUMBER:
		return number_of(NULL);
	case COLUMN_BYTES:
		return number_of("bytes");
	case COLUMN_SECONDS:
		return seconds();
	case COLUMN_FLAG:
	case COLUMN_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case COLUMN_TIME:
		return json_pack("{s:s,s:s}", "type", "string", "format", "date-time");
	case COLUMN_TEXTS:
		return list_of(json_pack("{s:s}", "type", "string"));
	case COLUMN_NUMBERS:
		return list_of(number_of(NULL));
	case COLUMN_NAMES:
		return list_of(json_pack("{s:[s,s]}", "type", "string", "null"));
	case COLUMN_MAP:
		return map_of(json_pack("{s:s}", "type", "string"));
	case COLUMN_COUNTS:
		return map_of(number_of(NULL));
	case COLUMN_TIMES:
		return list_of(seconds());
	case COLUMN_OBJECT:
		return object_of(column->members);
	case COLUMN_OBJECTS:
		return list_of(object_of(column->members));
	case COLUMN_DOCUMENT:
		return json_pack("{s:s,s:s}", "type", "object", "description",
		    "as pointsmand schema describes it");
	}
	return json_object();
}

static void allow_null(json_t *value)
{
	json_object_set_new(
	    value, "type", json_pack("[O,s]", json_object_get(value, "type"), "null"));
}

/* ---- objects ------------------------------------------------------------------------------- */

/* One may be there already: some tables have a column for "rev". */
static void add_member(json_t *object, const char *key, json_t *value, bool required)
{
	json_t *properties = json_object_get(object, "properties");
	bool there = json_object_get(properties, key) != NULL;

	json_object_set_new(properties, key, value);
	if (required && !there)
		json_array_append_new(json_object_get(object, "required"), json_string(key));
}

static void add_members(json_t *object, const struct column *members)
{
	for (; members != NULL && members->key != NULL; members++) {
		json_t *value = value_of(members);

		if (members->null)
			allow_null(value);
		add_member(object, members->key, value, !members->absent);
	}
}

static json_t *empty_object(void)
{
	return json_pack("{s:s,s:{},s:[]}", "type", "object", "properties", "required");
}

static json_t *object_of(const struct column *members)
{
	json_t *object = empty_object();

	add_members(object, members);
	return object;
}

/* Title first. */
static json_t *titled(const char *title, json_t *schema)
{
	json_t *all = json_pack("{s:s}", "title", title);

	json_object_update(all, schema);
	json_decref(schema);
	return all;
}

/* ---- answers ------------------------------------------------------------------------------- */

/* NULL: it prints no JSON. */
static json_t *schema_of(const struct answer *answer)
{
	json_t *schema = empty_object();

	switch (answer->form) {
	case ANSWER_NONE:
		json_decref(schema);
		return NULL;
	case ANSWER_LIST:
		add_member(schema, "rev", number_of(NULL), true);
		add_member(schema, "items", list_of(object_of(answer->members)), true);
		add_members(schema, answer->beside);
		break;
	case ANSWER_OBJECT:
		add_member(schema, "rev", number_of(NULL), true);
		add_members(schema, answer->members);
		break;
	case ANSWER_LINES:
	case ANSWER_BARE:
		add_members(schema, answer->members);
		break;
	}
	return schema;
}

static json_t *schema_of_command(const struct command *command)
{
	static const struct answer of_changes = {.form = ANSWER_OBJECT, .members = change_answer};
	json_t *schema = schema_of(command->make != NULL ? &of_changes : &command->answer);
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", command->object, command->verb != NULL ? " " : "",
	    command->verb != NULL ? command->verb : "");
	return schema != NULL ? titled(name, schema) : NULL;
}

static json_t *schema_of_errors(void)
{
	static const struct column other[] = {
	    {.key = "code"},
	    {.key = "message"},
	    {.key = "path", .absent = true},
	    {.key = NULL},
	};
	static const struct column members[] = {
	    {.key = "code"},
	    {.key = "message"},
	    {.key = "path", .absent = true},
	    {.key = "hint", .absent = true},
	    {.key = "others", .kind = COLUMN_OBJECTS, .members = other, .absent = true},
	    {.key = "exit", .kind = COLUMN_NUMBER},
	    {.key = NULL},
	};

	return titled(ERRORS, object_of(members));
}

/* All as $defs, by object and verb. */
static json_t *schema_of_all(void)
{
	const struct command *const *commands = command_all();
	json_t *all = json_object(), *schema;

	for (; *commands != NULL; commands++) {
		schema = schema_of_command(*commands);
		if (schema != NULL)
			json_object_set(
			    all, json_string_value(json_object_get(schema, "title")), schema);
		json_decref(schema);
	}
	json_object_set_new(all, ERRORS, schema_of_errors());
	return json_pack("{s:s,s:o}", "title", "pointsctl", "$defs", all);
}

/* ---- the command --------------------------------------------------------------------------- */

static int print(struct context *c, json_t *schema)
{
	bool lines = c->output.format == FORMAT_JSON || c->output.format == FORMAT_JSONL;
	json_t *all = json_pack("{s:s}", "$schema", DIALECT);
	int rc;

	json_object_update(all, schema);
	rc = json_dumpf(all, c->output.to, lines ? JSON_COMPACT : JSON_INDENT(4));
	if (rc == 0)
		rc = fputc('\n', c->output.to) == EOF ? -1 : 0;
	json_decref(all);
	json_decref(schema);
	return command_printed(c, rc);
}

static int run_schema(struct context *c, int argc, char **argv)
{
	const struct command *command;
	json_t *schema;
	int used;

	if (argc == 0)
		return print(c, schema_of_all());
	if (argc == 1 && strcmp(argv[0], ERRORS) == 0)
		return print(c, schema_of_errors());
	command = command_find(argc, argv, &used, c->fault);
	if (command == NULL)
		return -1;
	schema = schema_of_command(command);
	if (schema == NULL)
		return fault_set(c->fault, CONTROL_EXIT_NOT_FOUND,
		    "%s prints text, and no JSON that could be described", argv[0]);
	return print(c, schema);
}

const struct command command_schema = {
    .object = "schema",
    .arguments = "[OBJECT [VERB]|error]",
    .help = "JSON Schema of what a command prints with -j",
    .details = "Without arguments: of all commands, in $defs. 'error' is what any command prints\n"
	       "on standard error with -j where it fails. With -o jsonl a list's items stand\n"
	       "alone; conn watch and monitor print an object for each event. No daemon is\n"
	       "needed.\n",
    .max = 2,
    .answer = {.form = ANSWER_BARE},
    .run = run_schema,
};
