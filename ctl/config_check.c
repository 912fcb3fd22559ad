/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/unpack.h"
#include "ctl/config_result.h"
#include "ctl/human.h"

static const struct column findings[] = {
    {.key = "code"},
    {.key = "path"},
    {.key = "place", .absent = true},
    {.key = "message"},
    {.key = "advice"},
    {.key = NULL},
};

/* The findings on their way: as text at once, in all other formats as lists are. */
struct check {
	struct output_list list;
	const struct input_place *place; /* of the document */
	FILE *to;
	bool text;
	size_t count;
};

/* "  PLACE: MESSAGE; ADVICE [CODE]"; the place is in the Caddyfile or, as JSON, in the document. */
static void print_finding(const struct check *check, const msgpack_object *finding)
{
	const char *place = unpack_get(finding, "place") != NULL ? "place" : "path";
	const struct {
		const char *before, *key;
	} parts[] = {{"  ", place}, {": ", "message"}, {"; ", "advice"}, {" [", "code"}};
	struct buf line = {0};
	struct span text;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_append_str(&line, parts[i].before);
		if (unpack_text(unpack_get(finding, parts[i].key), &text))
			input_name_lines(check->place, "Caddyfile", text, &line);
	}
	buf_append_str(&line, "]");
	human_print(buf_span(&line), check->to);
	fputc('\n', check->to);
	buf_fini(&line);
}

static void on_chunk(struct reply *chunk, void *arg)
{
	const msgpack_object *items = unpack_get(chunk->result, "items");
	struct check *check = arg;
	uint32_t i;

	if (!check->text)
		output_list_chunk(chunk, &check->list);
	for (i = 0; unpack_is_array(items) && i < items->via.array.size; i++) {
		if (check->text && check->count == 0)
			fputs("advice:\n", check->to);
		if (check->text)
			print_finding(check, &items->via.array.ptr[i]);
		check->count++;
	}
}

static int print(struct context *c, struct check *check, const msgpack_object *result)
{
	int rc = output_list_end(&check->list, check->text ? NULL : result);

	if (!check->text)
		return rc;
	return config_result_print(c, result, true);
}

static int call(struct context *c, struct check *check, const struct input *in)
{
	struct reply reply;
	int rc;

	check->to = c->output.to;
	check->place = &in->place;
	check->text = c->output.format == FORMAT_TEXT || c->output.format == FORMAT_WIDE;
	output_list_begin(&check->list, &c->output, findings, "code");
	check->list.whole = true;
	if (client_call(c->client, on_chunk, check, &reply, c->fault) == -1) {
		config_result_fault(c, in);
		output_list_end(&check->list, NULL);
		return -1;
	}
	rc = command_printed(c, print(c, check, reply.result));
	reply_fini(&reply);
	return rc;
}

static int run_check(struct context *c, int argc, char **argv)
{
	struct check check = {.count = 0};
	struct pack_box *params;
	struct input in;
	int rc = config_begin(c, CONTROL_CONFIG_CHECK, argc > 0 ? argv[0] : NULL, &in, &params);

	if (rc == 0)
		rc = call(c, &check, &in);
	input_fini(&in);
	if (rc == 0 && check.count > 0 && (c->options->given & OPTION_STRICT))
		return CONTROL_EXIT_NO;
	return rc;
}

const struct command command_config_check = {
    .object = "config",
    .verb = "check",
    .arguments = "[FILE]",
    .help = "would a document be accepted, and what is to be said of it?",
    .details = "Says what it would change, and gives advice about what is valid and still likely\n"
	       "to go wrong; with -j these findings are the \"items\":\n"
	       "  pointsctl config check --strict new.json && pointsctl config apply new.json\n",
    .options = OPTION_FILE | OPTION_STRICT,
    .max = 1,
    .answer = {.form = ANSWER_LIST, .members = findings, .beside = config_members},
    .run = run_check,
};
