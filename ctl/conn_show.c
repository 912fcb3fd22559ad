/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column lines[] = {
    {.title = "id", .key = "id"},
    {.title = "state", .key = "state"},
    {.title = "source", .key = "src"},
    {.title = "destination", .key = "dst"},
    {.title = "socket remote", .key = "remote"},
    {.title = "socket local", .key = "local"},
    {.title = "listener", .key = "listener"},
    {.title = "server", .key = "server"},
    {.title = "route", .key = "route"},
    {.title = "upstream", .key = "upstream"},
    {.title = "sni", .key = "sni"},
    {.title = "alpn", .key = "alpn"},
    {.title = "protocol", .key = "proto"},
    {.title = "tls", .key = "tls"},
    {.title = "started", .key = "started"},
    {.title = "age", .key = "age", .kind = COLUMN_SECONDS},
    {.title = "idle", .key = "idle", .kind = COLUMN_SECONDS},
    {.title = "bytes in", .key = "bytes_in"},
    {.title = "bytes out", .key = "bytes_out"},
    {.title = "worker", .key = "worker"},
    {.title = "branch of", .key = "branch_of"},
    {.title = "streams", .key = "streams"},
    {.title = "facts", .key = "facts"},
    {.title = NULL},
};

static int run_show(struct context *c, int argc, char **argv)
{
	struct pack_box *params;
	uint64_t id;

	(void)argc;
	if (command_id(c, argv[0], &id) == -1 || command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CONN_SHOW);
	pack_u64(pack_key(params, "id"), id);
	return listing_object(c, lines, "id");
}

const struct command command_conn_show = {
    .object = "conn",
    .verb = "show",
    .arguments = "ID",
    .help = "one connection with all that is known of it",
    .min = 1,
    .max = 1,
    .run = run_show,
};
