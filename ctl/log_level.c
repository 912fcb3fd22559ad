/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static int run_level(struct context *c, int argc, char **argv)
{
	struct pack_box *params;

	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_LOG_LEVEL);
	pack_str(pack_key(params, "level"), argv[argc - 1]);
	if (argc == 2)
		pack_str(pack_key(params, "subsystem"), argv[0]);
	if (c->options->given & OPTION_FOR)
		pack_u64(pack_key(params, "for_s"), c->options->for_s);
	return listing_done(c);
}

const struct command command_log_level = {
    .object = "log",
    .verb = "level",
    .arguments = "[SUBSYSTEM] LEVEL",
    .help = "which lines the log gets, perhaps for a time",
    .details = "LEVEL is debug, info, warn or error; without SUBSYSTEM it is that of all.\n"
	       "log ls lists them.\n",
    .options = OPTION_FOR,
    .min = 1,
    .max = 2,
    .answer = {.form = ANSWER_OBJECT},
    .run = run_level,
};
