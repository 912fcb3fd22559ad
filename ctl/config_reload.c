/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/config_result.h"

static int run_reload(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (command_connect(c) == NULL)
		return -1;
	config_existing(c, client_begin(c->client, CONTROL_CONFIG_RELOAD));
	return config_result(c, false, NULL);
}

const struct command command_config_reload = {
    .object = "config",
    .verb = "reload",
    .help = "put in force what the daemon's own file says now",
    .details = "What that would change: pointsctl config diff file\n",
    .options = OPTION_EXISTING,
    .answer = {.form = ANSWER_OBJECT, .members = config_members},
    .run = run_reload,
};
