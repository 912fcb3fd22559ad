/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "REVISION", .key = "revision", .kind = COLUMN_NUMBER},
    {.title = "TIME", .key = "time", .kind = COLUMN_TIME},
    {.title = "WHO", .key = "who", .null = true, .cut = true},
    {.title = "COMMENT", .key = "comment", .null = true, .cut = true},
    {.key = NULL},
};

static int run_history(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return listing_all(c, CONTROL_CONFIG_HISTORY, columns, "revision");
}

const struct command command_config_history = {
    .object = "config",
    .verb = "history",
    .help = "the documents that were in force, the newest first",
    .answer = {.form = ANSWER_LIST, .members = columns},
    .run = run_history,
};
