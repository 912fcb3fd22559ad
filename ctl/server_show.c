/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.title = "listeners", .key = "listeners"},
    {.title = "routes", .key = "routes"},
    {.title = "hits", .key = "hits"},
    {.title = "active", .key = "active"},
    {.title = NULL},
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
    .run = run_show,
};
