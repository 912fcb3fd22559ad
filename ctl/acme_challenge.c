/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "ctl/listing.h"

static int run_challenge(struct context *c, int argc, char **argv)
{
	bool add = strcmp(argv[0], "add") == 0;
	struct pack_box *params;

	if (!add && strcmp(argv[0], "del") != 0)
		return fault_choice(c->fault, "acme challenge takes", "add|del", argv[0]);
	if (argc < (add ? 4 : 3))
		return fault_set(c->fault, CONTROL_EXIT_USAGE, "acme challenge %s needs %s",
		    argv[0], add ? "TYPE NAME VALUE" : "TYPE NAME");
	if (command_connect(c) == NULL)
		return -1;
	params =
	    client_begin(c->client, add ? CONTROL_ACME_CHALLENGE_ADD : CONTROL_ACME_CHALLENGE_DEL);
	pack_str(pack_key(params, "type"), argv[1]);
	pack_str(pack_key(params, "name"), argv[2]);
	if (add)
		pack_str(pack_key(params, "value"), argv[3]);
	return listing_done(c);
}

const struct command command_acme_challenge = {
    .object = "acme",
    .verb = "challenge",
    .arguments = "add|del TYPE NAME [VALUE]",
    .help = "answer a CA's challenge for another ACME client",
    .details = "TYPE http-01: NAME is the token, VALUE the key authorization.\n"
	       "TYPE tls-alpn-01: NAME is the DNS name, VALUE the key authorization or the\n"
	       "base64url SHA-256 of it. del takes no VALUE, and ignores one that is there.\n",
    .min = 3,
    .max = 4,
    .answer = {.form = ANSWER_OBJECT},
    .run = run_challenge,
    .secret = true,
};
