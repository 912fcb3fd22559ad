/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "ctl/listing.h"

/* RFC 5280 section 5.3.1; those without a name here are not for CAs' clients. */
static const char *const reasons[] = {"unspecified", "keyCompromise", NULL, "affiliationChanged",
    "superseded", "cessationOfOperation"};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static int run_revoke(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	size_t reason = 0;

	if (argc == 2) {
		while (reason < REASONS &&
		       (reasons[reason] == NULL || strcmp(reasons[reason], argv[1]) != 0))
			reason++;
		if (reason == REASONS)
			return fault_choice(c->fault, "a reason is",
			    "unspecified|keyCompromise|affiliationChanged|superseded|"
			    "cessationOfOperation",
			    argv[1]);
	}
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CERT_REVOKE);
	pack_str(pack_key(params, "name"), argv[0]);
	pack_u64(pack_key(params, "reason"), reason);
	return listing_done(c);
}

const struct command command_cert_revoke = {
    .object = "cert",
    .verb = "revoke",
    .arguments = "NAME [REASON]",
    .help = "revoke a name's certificate and get another one",
    .min = 1,
    .max = 2,
    .answer = {.form = ANSWER_OBJECT},
    .run = run_revoke,
};
