/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/command.h"

static int run_renew(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	struct reply reply;
	int i;

	for (i = 0; i < argc; i++) {
		if (command_connect(c) == NULL)
			return -1;
		params = client_begin(c->client, CONTROL_CERT_RENEW);
		pack_str(pack_key(params, "name"), argv[i]);
		if (command_call(c, &reply) == -1)
			return -1;
		reply_fini(&reply);
	}
	return 0;
}

const struct command command_cert_renew = {
    .object = "cert",
    .verb = "renew",
    .arguments = "NAME...",
    .help = "get a new certificate for a managed name now",
    .details = "It answers as soon as the order is on its way; cert show tells how it goes.\n",
    .min = 1,
    .max = -1,
    .run = run_renew,
};
