/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static int run_rekey(struct context *c, int argc, char **argv)
{
	struct pack_box *params;

	(void)argc;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_ACME_REKEY);
	pack_str(pack_key(params, "name"), argv[0]);
	return listing_done(c);
}

const struct command command_acme_rekey = {
    .object = "acme",
    .verb = "rekey",
    .arguments = "NAME",
    .help = "give the account that obtains NAME's certificate a new key",
    .min = 1,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT},
    .run = run_rekey,
};
