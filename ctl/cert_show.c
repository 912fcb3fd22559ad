/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/command.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.title = "names", .key = "names"},
    {.title = "issuer", .key = "issuer"},
    {.title = "state", .key = "state"},
    {.title = "doing", .key = "doing"},
    {.title = "next", .key = "next"},
    {.title = "failures", .key = "failures"},
    {.title = "error", .key = "error"},
    {.title = "valid from", .key = "valid_from"},
    {.title = "expires", .key = "expires"},
    {.title = "expires in", .key = "expires_in", .kind = COLUMN_SECONDS},
    {.title = "key", .key = "key"},
    {.title = "signed by", .key = "signed_by"},
    {.title = "serial", .key = "serial"},
    {.title = "fingerprint", .key = "fingerprint"},
    {.title = "staple expires", .key = "staple_expires"},
    {.title = NULL},
};

static int run_show(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	struct reply reply;
	int rc;

	(void)argc;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CERT_SHOW);
	pack_str(pack_key(params, "name"), argv[0]);
	if (command_call(c, &reply) == -1)
		return -1;
	rc = output_object(&c->output, reply.result, lines, "name");
	reply_fini(&reply);
	return command_printed(c, rc);
}

const struct command command_cert_show = {
    .object = "cert",
    .verb = "show",
    .arguments = "NAME",
    .help = "one certificate with all that is known of it; never its key",
    .min = 1,
    .max = 1,
    .run = run_show,
};
