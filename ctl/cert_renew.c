/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static int run_renew(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	struct reply reply;
	int i;

	if (command_connect(c) == NULL)
		return -1;
	for (i = 0; i < argc; i++) {
		params = client_begin(c->client, CONTROL_CERT_RENEW);
		pack_str(pack_key(params, "name"), argv[i]);
		if (i + 1 == argc)
			break;
		if (command_call(c, &reply) == -1)
			return -1;
		reply_fini(&reply);
	}
	return listing_done(c);
}

const struct command command_cert_renew = {
    .object = "cert",
    .verb = "renew",
    .arguments = "NAME...",
    .help = "get a new certificate for a managed name now",
    .details = "It answers as soon as the order is on its way; cert show tells how it goes.\n",
    .min = 1,
    .max = -1,
    .answer = {.form = ANSWER_OBJECT},
    .run = run_renew,
};
