/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/document.h"

static int run_export(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return document_print(c, true);
}

const struct command command_config_export = {
    .object = "config",
    .verb = "export",
    .help = "the document alone, to be kept and applied again",
    .details = "Secrets are masked; config apply takes a mask as the secret that is in force:\n"
	       "  pointsctl config export >save.json; pointsctl config apply -f save.json\n",
    .options = OPTION_SECRETS,
    .answer = {.form = ANSWER_BARE},
    .run = run_export,
};
