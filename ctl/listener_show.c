/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/show.h"

static const struct column lines[] = {
    {.title = "address", .key = "address"},
    {.title = "server", .key = "server"},
    {.title = "paused", .key = "paused", .kind = COLUMN_BOOL},
    {.key = NULL},
};

const struct shown shown_listener = {
    .method = CONTROL_LISTENER_SHOW,
    .keys = {"address"},
    .name = "address",
    .lines = lines,
};

static int run_show(struct context *c, int argc, char **argv)
{
	(void)argc;
	return show(c, &shown_listener, (const char *const *)argv);
}

const struct command command_listener_show = {
    .object = "listener",
    .verb = "show",
    .arguments = "ADDRESS",
    .help = "one address that is listened on",
    .min = 1,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_show,
};
