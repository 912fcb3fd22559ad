/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column descriptors[] = {
    {.key = "open", .kind = COLUMN_NUMBER},
    {.key = "limit", .kind = COLUMN_NUMBER, .absent = true},
    {.key = NULL},
};

static const struct column lines[] = {
    {.title = "version", .key = "version"},
    {.title = "pid", .key = "pid", .kind = COLUMN_NUMBER},
    {.title = "started", .key = "started", .kind = COLUMN_TIME},
    {.title = "uptime", .key = "uptime", .kind = COLUMN_SECONDS},
    {.title = "revision", .key = "rev", .kind = COLUMN_NUMBER},
    {.title = "unsaved changes", .key = "unsaved", .kind = COLUMN_NUMBER},
    {.title = "saved changes", .key = "saved", .kind = COLUMN_NUMBER},
    {.title = "set aside", .key = "set_aside", .kind = COLUMN_NUMBER},
    {.title = "to be confirmed", .key = "unconfirmed", .kind = COLUMN_NUMBER, .null = true},
    {.key = "confirm_left", .kind = COLUMN_SECONDS},
    {.title = "your level", .key = "level"},
    {.title = "workers", .key = "workers", .kind = COLUMN_NUMBER},
    {.title = "servers", .key = "servers", .kind = COLUMN_NUMBER},
    {.title = "listeners", .key = "listeners", .kind = COLUMN_NUMBER},
    {.title = "routes", .key = "routes", .kind = COLUMN_NUMBER},
    {.title = "old routes in use", .key = "old_routes", .kind = COLUMN_NUMBER},
    {.title = "connections", .key = "connections", .kind = COLUMN_NUMBER},
    {.title = "accepted", .key = "accepted", .kind = COLUMN_NUMBER},
    {.title = "bytes in", .key = "bytes_in", .kind = COLUMN_BYTES},
    {.title = "bytes out", .key = "bytes_out", .kind = COLUMN_BYTES},
    {.title = "flows refused", .key = "flows_refused", .kind = COLUMN_NUMBER},
    {.title = "datagrams lost", .key = "datagrams_lost", .kind = COLUMN_NUMBER},
    {.title = "control clients", .key = "clients", .kind = COLUMN_NUMBER},
    {.title = "descriptors", .key = "descriptors", .kind = COLUMN_OBJECT, .members = descriptors},
    {.key = NULL},
};

static int run_status(struct context *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (command_connect(c) == NULL)
		return -1;
	client_begin(c->client, CONTROL_STATUS);
	return listing_object(c, lines, "rev");
}

const struct command command_status = {
    .object = "status",
    .help = "what runs: revision, unsaved changes, connections, level",
    .answer = {.form = ANSWER_OBJECT, .members = lines},
    .run = run_status,
};
