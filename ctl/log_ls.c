/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "SUBSYSTEM", .key = "subsystem"},
    {.title = "LEVEL", .key = "level"},
    {.title = "THEN", .key = "then", .null = true},
    {.title = "LEFT", .key = "left", .kind = COLUMN_SECONDS, .null = true},
    {.key = NULL},
};

static int run_ls(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return listing_all(c, CONTROL_LOG_LS, columns, "subsystem");
}

const struct command command_log_ls = {
    .object = "log",
    .verb = "ls",
    .help = "the subsystems that write to the log, and their levels",
    .answer = {.form = ANSWER_LIST, .members = columns},
    .run = run_ls,
};
