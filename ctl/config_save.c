/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <inttypes.h>

#include "common/unpack.h"
#include "ctl/changes.h"
#include "ctl/listing.h"

static const struct column members[] = {
    {.key = "change_count", .kind = COLUMN_NUMBER},
    {.key = "changes", .kind = COLUMN_OBJECTS, .members = changes_members},
    {.key = "set_aside", .kind = COLUMN_OBJECTS, .members = changes_aside_members},
    {.key = "saved", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

/* "PATH: VALUE" for each item of a list. */
static void print_items(
    struct context *c, const msgpack_object *list, const char *title, const char *key)
{
	char path[512], value[1600];
	uint32_t i, count = unpack_is_array(list) ? list->via.array.size : 0;

	if (count > 0)
		fprintf(c->output.to, "%s:\n", title);
	for (i = 0; i < count; i++) {
		const msgpack_object *item = &list->via.array.ptr[i];

		if (unpack_copy(unpack_get(item, "path"), path, sizeof(path)) &&
		    unpack_copy(unpack_get(item, key), value, sizeof(value)))
			fprintf(c->output.to, "  %s: %s\n", path, value);
	}
}

static int print(struct context *c, const msgpack_object *result)
{
	bool dry = (c->options->given & OPTION_DRY_RUN) != 0;
	uint64_t count = 0;

	if (c->output.format != FORMAT_TEXT && c->output.format != FORMAT_WIDE)
		return command_printed(c, output_object(&c->output, result, members, NULL));
	unpack_u64(unpack_get(result, "change_count"), &count);
	fprintf(c->output.to, "%" PRIu64 " %s %s\n", count, count == 1 ? "change" : "changes",
	    dry ? "would be saved" : "saved");
	if (dry)
		print_items(c, unpack_get(result, "changes"), "not saved so far", "change");
	print_items(c, unpack_get(result, "set_aside"),
	    dry ? "set aside, and would be forgotten" : "set aside, and now forgotten", "reason");
	return CONTROL_EXIT_DONE;
}

static int run_save(struct context *c, int argc, char **argv)
{
	struct pack_box *params;

	(void)argc;
	(void)argv;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CONFIG_SAVE);
	if (c->options->given & OPTION_DRY_RUN)
		pack_bool(pack_key(params, "dry_run"), true);
	return listing_answer(c, print);
}

const struct command command_config_save = {
    .object = "config",
    .verb = "save",
    .help = "keep what runs over restarts and reloads",
    .details = "Saves the changes that were made without --save. With -n they are listed, and\n"
	       "what was saved but is set aside because the configuration file says something\n"
	       "else now.\n",
    .options = OPTION_DRY_RUN,
    .answer = {.form = ANSWER_OBJECT, .members = members},
    .run = run_save,
};
