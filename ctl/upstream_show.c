/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/show.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.title = "id", .key = "id"},
    {.title = "dial", .key = "dial"},
    {.title = "route", .key = "route"},
    {.title = "proxy", .key = "proxy"},
    {.title = "server", .key = "server"},
    {.title = "weight", .key = "weight"},
    {.title = "max connections", .key = "max_connections"},
    {.title = "admin", .key = "admin"},
    {.title = "health", .key = "health"},
    {.title = "forced", .key = "forced"},
    {.title = "effective", .key = "effective"},
    {.title = "open connections", .key = "connections"},
    {.title = "dials", .key = "dials"},
    {.title = "failures", .key = "failures"},
    {.title = NULL},
};

const struct shown shown_upstream = {
    .method = CONTROL_UPSTREAM_SHOW,
    .keys = {"proxy", "id"},
    .name = "name",
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
    .run = run_show,
};
