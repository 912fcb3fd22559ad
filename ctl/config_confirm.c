/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <inttypes.h>

#include "common/unpack.h"
#include "ctl/command.h"

static const struct column lines[] = {
    {.title = "revision", .key = "revision", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

static int run_confirm(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	struct reply reply;
	uint64_t revision = 0;
	int rc;

	if (argc > 0 && command_id(c, argv[0], &revision) == -1)
		return -1;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CONFIG_CONFIRM);
	if (argc > 0)
		pack_u64(pack_key(params, "revision"), revision);
	if (command_call(c, &reply) == -1)
		return -1;
	rc = output_object(&c->output, reply.result, lines, NULL);
	reply_fini(&reply);
	return command_printed(c, rc);
}

const struct command command_config_confirm = {
    .object = "config",
    .verb = "confirm",
    .arguments = "[REVISION]",
    .help = "let a change stay that would be taken back",
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_confirm,
};
