/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column lines[] = {
    {.title = "name", .key = "name"},
    {.key = "id", .null = true},
    {.key = "dial", .kind = COLUMN_TEXTS},
    {.key = "peers", .kind = COLUMN_TEXTS},
    {.key = "route"},
    {.key = "proxy"},
    {.key = "server"},
    {.key = "weight", .kind = COLUMN_NUMBER},
    {.key = "max_connections", .kind = COLUMN_NUMBER},
    {.key = "admin"},
    {.title = "health", .key = "health"},
    {.title = "forced", .key = "forced"},
    {.title = "effective", .key = "effective"},
    {.key = "connections", .kind = COLUMN_NUMBER},
    {.key = "dials", .kind = COLUMN_NUMBER},
    {.key = "failures", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

static int run_health(struct context *c, int argc, char **argv)
{
	struct pack_box *params;

	(void)argc;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_UPSTREAM_HEALTH);
	pack_str(pack_key(params, "proxy"), argv[0]);
	pack_str(pack_key(params, "id"), argv[1]);
	pack_str(pack_key(params, "state"), argv[2]);
	return listing_object(c, lines, "proxy name");
}

const struct command command_upstream_health = {
    .object = "upstream",
    .verb = "health",
    .arguments = "ROUTE ID auto|up|down",
    .help = "say what an upstream's health is",
    .details = "It holds against what checks say, for its addresses in all routes, until auto or\n"
	       "the daemon's end.\n",
    .min = 3,
    .max = 3,
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_health,
};
