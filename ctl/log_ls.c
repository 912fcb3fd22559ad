/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/log_ls.h"

#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "SUBSYSTEM", .key = "subsystem"},
    {.title = "LEVEL", .key = "level"},
    {.title = "THEN", .key = "then"},
    {.title = "LEFT", .key = "left", .kind = COLUMN_SECONDS},
    {.title = NULL},
};

int log_ls(struct context *c)
{
	return listing_all(c, CONTROL_LOG_LS, columns, "subsystem");
}

static int run_ls(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return log_ls(c);
}

const struct command command_log_ls = {
    .object = "log",
    .verb = "ls",
    .help = "the subsystems that write to the log, and their levels",
    .run = run_ls,
};
