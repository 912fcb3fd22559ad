/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/document.h"

static const struct column members[] = {
    {.key = "config", .kind = COLUMN_DOCUMENT},
    {.key = NULL},
};

static int run_show(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return document_print(c, false);
}

const struct command command_config_show = {
    .object = "config",
    .verb = "show",
    .help = "the document in force as JSON, secrets masked",
    .options = OPTION_SECRETS,
    .answer = {.form = ANSWER_OBJECT, .members = members},
    .run = run_show,
};
