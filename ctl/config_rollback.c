/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/config_result.h"

static int run_rollback(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	uint64_t revision = 0;

	if (argc > 0 && command_id(c, argv[0], &revision) == -1)
		return -1;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CONFIG_ROLLBACK);
	if (argc > 0)
		pack_u64(pack_key(params, "revision"), revision);
	else
		pack_u64(pack_key(params, "back"), 1);
	command_change_options(c, params);
	config_existing(c, params);
	return config_result(c, c->options->given & OPTION_DRY_RUN, NULL);
}

const struct command command_config_rollback = {
    .object = "config",
    .verb = "rollback",
    .arguments = "[REVISION]",
    .help = "put an earlier document in force again",
    .details = "Without a revision that is the one before the last change.\n",
    .options = (OPTIONS_CHANGE | OPTION_EXISTING) & ~OPTION_CONFIRM,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = config_members},
    .run = run_rollback,
};
