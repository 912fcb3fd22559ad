/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column lines[] = {
    {.title = "id", .key = "id", .kind = COLUMN_NUMBER},
    {.title = "state", .key = "state", .null = true},
    {.title = "source", .key = "src"},
    {.title = "destination", .key = "dst"},
    {.title = "socket remote", .key = "remote"},
    {.title = "socket local", .key = "local"},
    {.title = "listener", .key = "listener", .null = true},
    {.title = "server", .key = "server", .null = true},
    {.title = "route", .key = "route", .null = true},
    {.title = "upstream", .key = "upstream", .null = true},
    {.title = "sni", .key = "sni", .null = true},
    {.title = "alpn", .key = "alpn", .null = true},
    {.title = "protocol", .key = "proto", .null = true},
    {.title = "tls", .key = "tls", .null = true},
    {.title = "started", .key = "started", .kind = COLUMN_TIME},
    {.title = "age", .key = "age", .kind = COLUMN_SECONDS},
    {.title = "idle", .key = "idle", .kind = COLUMN_SECONDS},
    {.title = "bytes in", .key = "bytes_in", .kind = COLUMN_NUMBER},
    {.title = "bytes out", .key = "bytes_out", .kind = COLUMN_NUMBER},
    {.title = "worker", .key = "worker", .kind = COLUMN_NUMBER},
    {.key = "matching", .kind = COLUMN_BOOL},
    {.title = "branch of", .key = "branch_of", .kind = COLUMN_NUMBER, .null = true},
    {.title = "streams", .key = "streams", .kind = COLUMN_TEXTS},
    {.title = "facts", .key = "facts", .kind = COLUMN_MAP},
    {.key = NULL},
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
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_show,
};
