/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column lines[] = {
    {.title = "version", .key = "version"},
    {.title = "pid", .key = "pid"},
    {.title = "started", .key = "started"},
    {.title = "uptime", .key = "uptime", .kind = COLUMN_SECONDS},
    {.title = "revision", .key = "rev"},
    {.title = "unsaved changes", .key = "unsaved"},
    {.title = "saved changes", .key = "saved"},
    {.title = "set aside", .key = "set_aside"},
    {.title = "to be confirmed", .key = "unconfirmed"},
    {.title = "your level", .key = "level"},
    {.title = "workers", .key = "workers"},
    {.title = "servers", .key = "servers"},
    {.title = "listeners", .key = "listeners"},
    {.title = "routes", .key = "routes"},
    {.title = "old routes in use", .key = "old_routes"},
    {.title = "connections", .key = "connections"},
    {.title = "accepted", .key = "accepted"},
    {.title = "bytes in", .key = "bytes_in", .kind = COLUMN_BYTES},
    {.title = "bytes out", .key = "bytes_out", .kind = COLUMN_BYTES},
    {.title = "flows refused", .key = "flows_refused"},
    {.title = "datagrams lost", .key = "datagrams_lost"},
    {.title = "control clients", .key = "clients"},
    {.title = "descriptors", .key = "descriptors"},
    {.title = NULL},
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
    .run = run_status,
};
