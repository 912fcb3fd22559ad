/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "common/unpack.h"
#include "ctl/changes.h"
#include "ctl/listing.h"

static void print_chunk(struct reply *chunk, void *arg)
{
	const msgpack_object *items = unpack_get(chunk->result, "items");
	const struct context *c = arg;
	uint32_t i;

	for (i = 0; unpack_is_array(items) && i < items->via.array.size; i++)
		changes_print_one(&c->output, &items->via.array.ptr[i], false);
}

/* Exit code 1 where there are differences, as other programs that compare. */
static int compare(struct context *c)
{
	bool text = c->output.format == FORMAT_TEXT || c->output.format == FORMAT_WIDE;
	struct output_list list;
	struct reply reply;
	uint64_t count = 0;
	int rc = 0;

	output_list_begin(&list, &c->output, changes_members, "path");
	if (client_call(c->client, text ? print_chunk : output_list_chunk, text ? (void *)c : &list,
		&reply, c->fault) == -1) {
		output_list_end(&list, NULL);
		return -1;
	}
	unpack_u64(unpack_get(reply.result, "count"), &count);
	rc = output_list_end(&list, text ? NULL : reply.result);
	reply_fini(&reply);
	if (command_printed(c, rc) == -1)
		return -1;
	return count > 0 ? CONTROL_EXIT_NO : CONTROL_EXIT_DONE;
}

static int run_diff(struct context *c, int argc, char **argv)
{
	bool file = argc > 0 && strcmp(argv[0], "file") == 0;
	bool saved = argc > 0 && strcmp(argv[0], "saved") == 0;
	struct pack_box *params;
	uint64_t from = 0, to = 0;

	if (argc > 0 && !file && !saved && command_id(c, argv[0], &from) == -1)
		return fault_choice(
		    c->fault, "config diff compares", "REVISION|file|saved", argv[0]);
	if (argc > 1 && command_id(c, argv[1], &to) == -1)
		return fault_set(c->fault, CONTROL_EXIT_USAGE, "'%s' is not a revision", argv[1]);
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CONFIG_DIFF);
	if (file || saved)
		pack_bool(pack_key(params, argv[0]), true);
	else if (argc > 0)
		pack_u64(pack_key(params, "from"), from);
	if (argc > 1)
		pack_u64(pack_key(params, "to"), to);
	return compare(c);
}

const struct command command_config_diff = {
    .object = "config",
    .verb = "diff",
    .arguments = "[FROM|file|saved [TO]]",
    .help = "what is different between two documents",
    .details = "FROM and TO are revisions; without them the last change. 'file' is what the\n"
	       "daemon's file says now, 'saved' what would run after a restart. The exit code\n"
	       "is 1 where there are differences.\n",
    .max = 2,
    .answer = {.form = ANSWER_LIST, .members = changes_members},
    .run = run_diff,
};
