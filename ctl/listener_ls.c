/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "ADDRESS", .key = "address"},
    {.title = "SERVER", .key = "server", .cut = true},
    {.title = "PAUSED", .key = "paused", .kind = COLUMN_FLAG},
    {.key = NULL},
};

static int run_ls(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return listing_all(c, CONTROL_LISTENER_LS, columns, "address");
}

const struct command command_listener_ls = {
    .object = "listener",
    .verb = "ls",
    .help = "the addresses that are listened on",
    .answer = {.form = ANSWER_LIST, .members = columns},
    .run = run_ls,
};
