/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column lines[] = {
    {.title = "address", .key = "address"},
    {.title = "server", .key = "server"},
    {.title = "paused", .key = "paused", .kind = COLUMN_BOOL},
    {.key = NULL},
};

static int run_show(struct context *c, int argc, char **argv)
{
	struct pack_box *params;

	(void)argc;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_LISTENER_SHOW);
	pack_str(pack_key(params, "address"), argv[0]);
	return listing_object(c, lines, "address");
}

const struct command command_listener_show = {
    .object = "listener",
    .verb = "show",
    .arguments = "ADDRESS",
    .help = "one address that is listened on",
    .min = 1,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_show,
};
