/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/config_result.h"

static int run_apply(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	struct input in;
	int rc = config_begin(c, CONTROL_CONFIG_APPLY, argc > 0 ? argv[0] : NULL, &in, &params);

	if (rc == 0) {
		command_change_options(c, params);
		config_existing(c, params);
		rc = config_result(c, c->options->given & OPTION_DRY_RUN, &in);
	}
	input_fini(&in);
	return rc;
}

const struct command command_config_apply = {
    .object = "config",
    .verb = "apply",
    .arguments = "[FILE]",
    .help = "put a whole document in force",
    .details = "The file, or standard input, has JSON or a Caddyfile, which can neither\n"
	       "import files nor read the environment. Masked secrets stand for those in\n"
	       "force.\n",
    .options = OPTIONS_CHANGE | OPTION_EXISTING | OPTION_FILE,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = config_members},
    .run = run_apply,
};
