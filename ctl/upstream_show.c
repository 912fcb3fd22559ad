/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/show.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.title = "id", .key = "id", .null = true},
    {.title = "dial", .key = "dial", .kind = COLUMN_TEXTS},
    {.key = "peers", .kind = COLUMN_TEXTS},
    {.title = "route", .key = "route"},
    {.title = "proxy", .key = "proxy"},
    {.title = "server", .key = "server"},
    {.title = "weight", .key = "weight", .kind = COLUMN_NUMBER},
    {.title = "max connections", .key = "max_connections", .kind = COLUMN_NUMBER},
    {.title = "admin", .key = "admin"},
    {.title = "health", .key = "health"},
    {.title = "forced", .key = "forced"},
    {.title = "effective", .key = "effective"},
    {.title = "open connections", .key = "connections", .kind = COLUMN_NUMBER},
    {.title = "dials", .key = "dials", .kind = COLUMN_NUMBER},
    {.title = "failures", .key = "failures", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

const struct shown shown_upstream = {
    .method = CONTROL_UPSTREAM_SHOW,
    .keys = {"proxy", "id"},
    .name = "proxy name",
    .lines = lines,
};

static int run_show(struct context *c, int argc, char **argv)
{
	(void)argc;
	return show(c, &shown_upstream, (const char *const *)argv);
}

const struct command command_upstream_show = {
    .object = "upstream",
    .verb = "show",
    .arguments = "ROUTE ID",
    .help = "one upstream",
    .min = 2,
    .max = 2,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_show,
};
