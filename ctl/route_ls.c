/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "HANDLE", .key = "handle"},
    {.key = "name"},
    {.title = "ID", .key = "id", .null = true, .cut = true},
    {.title = "SERVER", .key = "server", .cut = true, .drop = 2},
    {.title = "WRAPPER", .key = "wrapper", .null = true, .cut = true, .drop = 4},
    {.title = "MATCH", .key = "label", .cut = true},
    {.title = "HANDLERS", .key = "handlers", .cut = true, .drop = 3},
    {.title = "DISABLED", .key = "disabled", .kind = COLUMN_FLAG, .drop = 1},
    {.title = "HITS", .key = "hits", .kind = COLUMN_NUMBER},
    {.title = "ACTIVE", .key = "active", .kind = COLUMN_NUMBER},
    {.key = "index", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

static int run_ls(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return listing_all(c, CONTROL_ROUTE_LS, columns, "name");
}

const struct command command_route_ls = {
    .object = "route",
    .verb = "ls",
    .help = "the routes of all servers, in their order",
    .answer = {.form = ANSWER_LIST, .members = columns},
    .run = run_ls,
};
