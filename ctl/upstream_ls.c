/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "PROXY", .key = "proxy", .cut = true, .middle = true},
    {.key = "route"},
    {.title = "UPSTREAM", .key = "name"},
    {.key = "id", .null = true},
    {.title = "DIAL", .key = "dial", .kind = COLUMN_TEXTS, .cut = true, .middle = true, .drop = 1},
    {.key = "peers", .kind = COLUMN_TEXTS},
    {.title = "SERVER", .key = "server", .cut = true, .drop = 2},
    {.title = "WEIGHT", .key = "weight", .kind = COLUMN_NUMBER, .drop = 3},
    {.title = "MAX", .key = "max_connections", .kind = COLUMN_NUMBER, .drop = 4},
    {.key = "admin"},
    {.key = "health"},
    {.key = "forced"},
    {.title = "STATE", .key = "effective"},
    {.title = "OPEN", .key = "connections", .kind = COLUMN_NUMBER},
    {.title = "DIALS", .key = "dials", .kind = COLUMN_NUMBER, .drop = 5},
    {.title = "FAILURES", .key = "failures", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

static int run_ls(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return listing_all(c, CONTROL_UPSTREAM_LS, columns, "proxy name");
}

const struct command command_upstream_ls = {
    .object = "upstream",
    .verb = "ls",
    .help = "the upstreams of all proxy handlers",
    .answer = {.form = ANSWER_LIST, .members = columns},
    .run = run_ls,
};
