/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/unpack.h"
#include "ctl/command.h"

static const struct column members[] = {
    {.key = "pem"},
    {.key = NULL},
};

static int run_root(struct context *c, int argc, char **argv)
{
	struct span pem = {0};
	struct reply reply;
	int rc;

	(void)argc;
	(void)argv;
	if (command_connect(c) == NULL)
		return -1;
	client_begin(c->client, CONTROL_CA_ROOT);
	if (command_call(c, &reply) == -1)
		return -1;
	if (c->output.format == FORMAT_JSON || c->output.format == FORMAT_JSONL) {
		rc = output_object(&c->output, reply.result, members, NULL);
	} else {
		unpack_text(unpack_get(reply.result, "pem"), &pem);
		rc = fwrite(pem.p, 1, pem.n, c->output.to) == pem.n ? 0 : -1;
	}
	reply_fini(&reply);
	return command_printed(c, rc);
}

const struct command command_ca_root = {
    .object = "ca",
    .verb = "root",
    .help = "the internal CA's root certificate, PEM",
    .answer = {.form = ANSWER_OBJECT, .members = members},
    .run = run_root,
};
