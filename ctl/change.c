/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/unpack.h"
#include "ctl/changes.h"
#include "ctl/human.h"
#include "ctl/stage.h"

#define KEY_MAX 128

/* ---- putting it together -------------------------------------------------------------------- */

void change_begin(struct change *ch, struct context *c, const char *object, const char *done)
{
	memset(ch, 0, sizeof(*ch));
	ch->c = c;
	ch->object = object;
	ch->done = done;
	ch->operations = json_array();
}

void change_operation(struct change *ch, const char *op, const char *name)
{
	if (ch->count == CHANGE_MAX) {
		ch->failed = true;
		fault_set(ch->c->fault, CONTROL_EXIT_LIMIT, "at most %d at a time", CHANGE_MAX);
		return;
	}
	ch->last = json_pack("{s:s}", "op", op);
	ch->names[ch->count++] = name;
	json_array_append_new(ch->operations, ch->last);
}

void change_json(struct change *ch, const char *key, json_t *value)
{
	json_object_set_new(ch->last, key, value);
}

static void set_text(struct change *ch, const char *key, const char *text, size_t n)
{
	json_t *value = json_stringn(text, n);

	if (value != NULL && memchr(text, 0, n) == NULL) {
		change_json(ch, key, value);
		return;
	}
	json_decref(value);
	if (!ch->failed)
		fault_set(ch->c->fault, CONTROL_EXIT_INVALID, "%s is not a text in UTF-8",
		    ch->input != NULL ? ch->input->name : key);
	ch->failed = true;
}

void change_text(struct change *ch, const char *key, const char *text)
{
	set_text(ch, key, text, strlen(text));
}

void change_buf(struct change *ch, const char *key, const struct buf *text)
{
	struct span span = buf_span(text);

	set_text(ch, key, span.n > 0 ? (const char *)span.p : "", span.n);
}

void change_existing(struct change *ch)
{
	const struct options *o = ch->c->options;

	if (o->existing != NULL)
		change_text(ch, "existing", o->existing);
	if (o->drain != NULL)
		change_text(ch, "drain", o->drain);
}

void change_place(struct change *ch)
{
	const struct options *o = ch->c->options;

	if (o->given & OPTION_FIRST)
		change_json(ch, "first", json_true());
	if (o->given & OPTION_LAST)
		change_json(ch, "last", json_true());
	if (o->before != NULL)
		change_text(ch, "before", o->before);
	if (o->after != NULL)
		change_text(ch, "after", o->after);
}

/* ---- key=value ------------------------------------------------------------------------------ */

int change_pair(struct context *c, const char *text, char *key, size_t size, const char **value)
{
	size_t n = strcspn(text, "=");

	if (text[n] == '\0' || n == 0 || n >= size)
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "'%s' is not of the form key=value", text);
	memcpy(key, text, n);
	key[n] = '\0';
	*value = text + n + 1;
	return 0;
}

int change_pairs(struct context *c, int argc, char **argv, json_t *object)
{
	char key[KEY_MAX];
	const char *text;
	json_t *value;
	int i;

	for (i = 0; i < argc; i++) {
		if (change_pair(c, argv[i], key, sizeof(key), &text) == -1)
			return -1;
		value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		if (value == NULL)
			value = json_string(text);
		if (json_object_set_new(object, key, value) == -1)
			return fault_set(
			    c->fault, CONTROL_EXIT_INVALID, "'%s' is not UTF-8", argv[i]);
	}
	return 0;
}

/* ---- the answer ----------------------------------------------------------------------------- */

static const struct column touched[] = {
    {.key = "keep", .kind = COLUMN_NUMBER},
    {.key = "drain", .kind = COLUMN_NUMBER},
    {.key = "kill", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

const struct column change_answer[] = {
    {.key = "revision", .kind = COLUMN_NUMBER},
    {.key = "connections", .kind = COLUMN_NUMBERS},
    {.key = "names", .kind = COLUMN_NAMES},
    {.key = "existing", .kind = COLUMN_OBJECT, .members = touched, .absent = true},
    {.key = "change_count", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "changes", .kind = COLUMN_OBJECTS, .members = changes_members, .absent = true},
    {.key = NULL},
};

/* What the daemon calls it, else what the user did; NULL: it has no name yet. */
static const char *name_of(
    const struct change *ch, const msgpack_object *names, size_t i, char out[256])
{
	if (unpack_is_array(names) && i < names->via.array.size &&
	    unpack_copy(&names->via.array.ptr[i], out, 256))
		return out;
	return ch->names[i];
}

/* "3 connections are kept" */
static void print_concerned(const struct change *ch, uint64_t count)
{
	const struct options *o = ch->c->options;
	const char *existing = o->existing != NULL ? o->existing : "keep";
	FILE *to = ch->c->output.to;

	fprintf(to, ", %" PRIu64 " connection%s", count, count == 1 ? "" : "s");
	if (strcmp(existing, "kill") == 0)
		fputs(" ended", to);
	else if (strcmp(existing, "drain") == 0)
		fprintf(to, " may go on for %s", o->drain != NULL ? o->drain : "30s");
	else
		fputs(" kept", to);
}

static void print_text(const struct change *ch, const msgpack_object *result)
{
	const msgpack_object *counts = unpack_get(result, "connections");
	const msgpack_object *names = unpack_get(result, "names");
	bool dry = ch->c->options->given & OPTION_DRY_RUN;
	FILE *to = ch->c->output.to;
	char text[256];
	size_t i;

	for (i = 0; i < ch->count; i++) {
		const char *name = name_of(ch, names, i, text);
		uint64_t count = 0;

		if (unpack_is_array(counts) && i < counts->via.array.size)
			unpack_u64(&counts->via.array.ptr[i], &count);
		fputs(ch->object, to);
		if (name != NULL) {
			fputc(' ', to);
			human_print(span_str(name), to);
		}
		fprintf(to, " %s%s", dry ? "would be " : "", ch->done);
		if (count > 0 && !dry)
			print_concerned(ch, count);
		fputc('\n', to);
	}
}

static void print_dry(const struct change *ch, const msgpack_object *result)
{
	const msgpack_object *existing = unpack_get(result, "existing");
	uint64_t drain = 0, kill = 0, keep = 0;

	changes_print(&ch->c->output, result, false);
	unpack_u64(unpack_get(existing, "keep"), &keep);
	unpack_u64(unpack_get(existing, "drain"), &drain);
	unpack_u64(unpack_get(existing, "kill"), &kill);
	fprintf(ch->c->output.to,
	    "connections that --existing would touch: keep %" PRIu64 ", drain %" PRIu64
	    ", kill %" PRIu64 "\n",
	    keep, drain, kill);
}

static int print(const struct change *ch, const msgpack_object *result)
{
	const struct output *output = &ch->c->output;
	uint64_t revision = 0;
	char text[256];
	size_t i;

	if (output->format == FORMAT_JSON || output->format == FORMAT_JSONL)
		return output_object(output, result, change_answer, NULL);
	if (output->format == FORMAT_NAME) {
		for (i = 0; i < ch->count; i++) {
			const char *name = name_of(ch, unpack_get(result, "names"), i, text);

			human_print(span_str(name != NULL ? name : ""), output->to);
			fputc('\n', output->to);
		}
		return 0;
	}
	print_text(ch, result);
	if (ch->c->options->given & OPTION_DRY_RUN) {
		print_dry(ch, result);
		return 0;
	}
	unpack_u64(unpack_get(result, "revision"), &revision);
	fprintf(output->to, "revision %" PRIu64 "\n", revision);
	return 0;
}

/* ---- sending it ----------------------------------------------------------------------------- */

/* Places are the user's: of one operation without its number, of a file with its name. */
static void name_place(const struct change *ch)
{
	static const char first[] = "operations[0]";
	struct fault *fault = ch->c->fault;
	size_t n = strlen(first);

	if (ch->count == 1 && strncmp(fault->path, first, n) == 0) {
		n += fault->path[n] == '.';
		memmove(fault->path, fault->path + n, strlen(fault->path + n) + 1);
	}
	if (ch->input != NULL) {
		input_name_fault(ch->input, "Caddyfile", fault);
		input_name_fault(ch->input, "route", fault);
		input_name_fault(ch->input, "server", fault);
	}
}

static int transact(struct change *ch)
{
	struct pack_box *params;
	struct reply reply;
	char *text;
	int rc;

	if (command_connect(ch->c) == NULL)
		return -1;
	text = json_dumps(ch->operations, JSON_COMPACT);
	rc = stage_begin(ch->c, CONTROL_TXN_APPLY, "operations", span_str(text), &params);
	free(text);
	if (rc == -1)
		return -1;
	command_change_options(ch->c, params);
	if (command_call(ch->c, &reply) == -1) {
		name_place(ch);
		return -1;
	}
	rc = command_printed(ch->c, print(ch, reply.result));
	command_change_hint(ch->c);
	reply_fini(&reply);
	return rc;
}

int change_apply(struct change *ch)
{
	int rc = ch->failed ? -1 : transact(ch);

	json_decref(ch->operations);
	return rc;
}

int change_members(
    struct change *ch, const char *op, const char *proxy, const char *id, int argc, char **argv)
{
	const char *value;
	char key[KEY_MAX];
	int i;

	for (i = 0; i < argc && !ch->failed; i++) {
		ch->failed = change_pair(ch->c, argv[i], key, sizeof(key), &value) == -1;
		if (ch->failed)
			break;
		change_operation(ch, op, id);
		if (proxy != NULL)
			change_text(ch, "proxy", proxy);
		change_text(ch, "id", id);
		change_text(ch, "key", key);
		change_text(ch, "value", value);
		change_existing(ch);
	}
	return change_apply(ch);
}

int change_each(struct change *ch, const char *op, const char *key, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc && !ch->failed; i++) {
		change_operation(ch, op, argv[i]);
		if (ch->failed)
			break;
		change_text(ch, key, argv[i]);
		change_existing(ch);
	}
	return change_apply(ch);
}

int change_upstreams(struct change *ch, const char *op, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && !ch->failed; i++) {
		change_operation(ch, op, argv[i]);
		change_text(ch, "proxy", argv[0]);
		change_text(ch, "id", argv[i]);
		change_existing(ch);
	}
	return change_apply(ch);
}
