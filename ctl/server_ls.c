/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "NAME", .key = "name"},
    {.title = "LISTENERS", .key = "listeners", .kind = COLUMN_TEXTS, .cut = true},
    {.title = "ROUTES", .key = "routes", .kind = COLUMN_NUMBER},
    {.title = "HITS", .key = "hits", .kind = COLUMN_NUMBER},
    {.title = "ACTIVE", .key = "active", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

static int run_ls(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return listing_all(c, CONTROL_SERVER_LS, columns, "name");
}

const struct command command_server_ls = {
    .object = "server",
    .verb = "ls",
    .help = "the servers",
    .answer = {.form = ANSWER_LIST, .members = columns},
    .run = run_ls,
};
