/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/config_result.h"

static int run_check(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	struct input in;
	int rc = config_begin(c, CONTROL_CONFIG_CHECK, argc > 0 ? argv[0] : NULL, &in, &params);

	if (rc == 0)
		rc = config_result(c, true, &in);
	input_fini(&in);
	return rc;
}

const struct command command_config_check = {
    .object = "config",
    .verb = "check",
    .arguments = "[FILE]",
    .help = "would a document be accepted, and what would it change?",
    .options = OPTION_FILE,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = config_members},
    .run = run_check,
};
