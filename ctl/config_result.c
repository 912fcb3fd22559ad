/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/config_result.h"

#include <inttypes.h>

#include "common/unpack.h"
#include "ctl/changes.h"
#include "ctl/concerned.h"
#include "ctl/human.h"
#include "ctl/stage.h"

int config_begin(struct context *c, const char *method, const char *argument, struct input *in,
    struct pack_box **params)
{
	if (input_read(c, argument, "the document", in) == -1 || command_connect(c) == NULL)
		return -1;
	return stage_begin(c, method, "document", buf_span(&in->text), params);
}

const struct column config_members[] = {
    {.key = "revision", .kind = COLUMN_NUMBER},
    {.key = "connections", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "existing", .kind = COLUMN_OBJECT, .members = concerned_choices, .absent = true},
    {.key = "change_count", .kind = COLUMN_NUMBER},
    {.key = "changes", .kind = COLUMN_OBJECTS, .members = changes_members},
    {.key = "set_aside", .kind = COLUMN_OBJECTS, .members = changes_aside_members, .absent = true},
    {.key = NULL},
};

void config_existing(const struct context *c, struct pack_box *params)
{
	if (c->options->existing != NULL)
		pack_str(pack_key(params, "existing"), c->options->existing);
	if (c->options->drain != NULL)
		pack_str(pack_key(params, "drain"), c->options->drain);
}

/* Saved changes that a reload has set aside. */
static void print_aside(struct context *c, const msgpack_object *list)
{
	uint32_t i, count = unpack_is_array(list) ? list->via.array.size : 0;
	struct span path = {0}, reason = {0};

	if (count > 0)
		fputs("saved changes that are set aside:\n", c->output.to);
	for (i = 0; i < count; i++) {
		unpack_text(unpack_get(&list->via.array.ptr[i], "path"), &path);
		unpack_text(unpack_get(&list->via.array.ptr[i], "reason"), &reason);
		fputs("  ", c->output.to);
		human_print(path, c->output.to);
		fputs(": ", c->output.to);
		human_print(reason, c->output.to);
		fputc('\n', c->output.to);
	}
}

int config_result_print(struct context *c, const msgpack_object *result, bool dry)
{
	enum format format = c->output.format;
	const struct options *o = c->options;
	uint64_t revision = 0, count = 0, connections = 0;

	if (format == FORMAT_JSON || format == FORMAT_JSONL)
		return output_object(&c->output, result, config_members, NULL);
	if (format == FORMAT_NAME)
		return output_object(&c->output, result, config_members, "revision");
	unpack_u64(unpack_get(result, "revision"), &revision);
	unpack_u64(unpack_get(result, "change_count"), &count);
	unpack_u64(unpack_get(result, "connections"), &connections);
	if (dry && count == 0)
		fputs("valid; it is the document in force\n", c->output.to);
	else if (dry)
		fprintf(c->output.to, "valid; it would change %" PRIu64 " place%s:\n", count,
		    count == 1 ? "" : "s");
	else
		fprintf(c->output.to, "revision %" PRIu64 ", %" PRIu64 " place%s changed", revision,
		    count, count == 1 ? "" : "s");
	if (!dry) {
		concerned_print(o->existing, o->drain, connections, c->output.to);
		fputs(count > 0 ? ":\n" : "\n", c->output.to);
	}
	changes_print(&c->output, result, !dry);
	concerned_print_choices(result, c->output.to);
	print_aside(c, unpack_get(result, "set_aside"));
	return 0;
}

void config_result_fault(struct context *c, const struct input *in)
{
	if (in == NULL)
		return;
	input_name_fault(&in->place, "Caddyfile", c->fault);
	input_name_fault(&in->place, "document", c->fault);
}

int config_result(struct context *c, bool dry, const struct input *in)
{
	struct reply reply;
	int rc;

	if (command_call(c, &reply) == -1) {
		config_result_fault(c, in);
		return -1;
	}
	rc = config_result_print(c, reply.result, dry);
	command_change_hint(c);
	reply_fini(&reply);
	return command_printed(c, rc);
}
