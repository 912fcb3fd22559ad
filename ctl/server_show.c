/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/show.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.title = "listeners", .key = "listeners", .kind = COLUMN_TEXTS},
    {.title = "routes", .key = "routes", .kind = COLUMN_NUMBER},
    {.title = "hits", .key = "hits", .kind = COLUMN_NUMBER},
    {.title = "active", .key = "active", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

const struct shown shown_server = {
    .method = CONTROL_SERVER_SHOW,
    .keys = {"name"},
    .name = "name",
    .lines = lines,
};

static int run_show(struct context *c, int argc, char **argv)
{
	(void)argc;
	return show(c, &shown_server, (const char *const *)argv);
}

const struct command command_server_show = {
    .object = "server",
    .verb = "show",
    .arguments = "NAME",
    .help = "one server",
    .min = 1,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_show,
};
