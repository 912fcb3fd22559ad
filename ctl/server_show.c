/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.title = "listeners", .key = "listeners", .kind = COLUMN_TEXTS},
    {.title = "routes", .key = "routes", .kind = COLUMN_NUMBER},
    {.title = "hits", .key = "hits", .kind = COLUMN_NUMBER},
    {.title = "active", .key = "active", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

static int run_show(struct context *c, int argc, char **argv)
{
	struct pack_box *params;

	(void)argc;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_SERVER_SHOW);
	pack_str(pack_key(params, "name"), argv[0]);
	return listing_object(c, lines, "name");
}

const struct command command_server_show = {
    .object = "server",
    .verb = "show",
    .arguments = "NAME",
    .help = "one server",
    .min = 1,
    .max = 1,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_show,
};
