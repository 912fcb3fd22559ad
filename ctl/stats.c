/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column handshakes[] = {
    {.key = "full", .kind = COLUMN_NUMBER},
    {.key = "resumed", .kind = COLUMN_NUMBER},
    {.key = "failed", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

static const struct column columns[] = {
    {.title = "KIND", .key = "kind"},
    {.title = "NAME", .key = "name", .cut = true, .middle = true},
    {.title = "SERVER", .key = "server", .null = true, .cut = true, .drop = 1},
    {.title = "CONNS", .key = "connections", .kind = COLUMN_NUMBER},
    {.title = "ACTIVE", .key = "active", .kind = COLUMN_NUMBER},
    {.title = "ERRORS", .key = "errors", .kind = COLUMN_NUMBER},
    {.title = "IN", .key = "bytes_in", .kind = COLUMN_BYTES},
    {.title = "OUT", .key = "bytes_out", .kind = COLUMN_BYTES},
    {.key = "ends", .kind = COLUMN_COUNTS},
    {.key = "handshakes", .kind = COLUMN_OBJECT, .members = handshakes},
    {.key = "passed", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "no", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "more", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "dials", .kind = COLUMN_NUMBER, .absent = true},
    {.key = "dial_failures", .kind = COLUMN_COUNTS, .absent = true},
    {.key = "durations", .kind = COLUMN_NUMBERS, .absent = true},
    {.key = "durations_sum", .kind = COLUMN_SECONDS, .absent = true},
    {.key = "delays", .kind = COLUMN_NUMBERS, .absent = true},
    {.key = "delays_sum", .kind = COLUMN_SECONDS, .absent = true},
    {.key = NULL},
};

static const struct column beside[] = {
    {.key = "time", .kind = COLUMN_SECONDS},
    {.key = "duration_bounds", .kind = COLUMN_TIMES},
    {.key = "delay_bounds", .kind = COLUMN_TIMES},
    {.key = NULL},
};

static int run_stats(struct context *c, int argc, char **argv)
{
	struct pack_box *params;

	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_STATS);
	if (argc > 0)
		pack_str(pack_key(params, "kind"), argv[0]);
	return listing_whole(c, columns, "name");
}

const struct command command_stats = {
    .object = "stats",
    .arguments = "[daemon|listener|server|route|upstream]",
    .help = "what is counted, by listener, server, route and upstream",
    .details = "With -j there is more: ends by reason, TLS handshakes, verdicts of routes, and\n"
	       "how long things took.\n",
    .max = 1,
    .answer = {.form = ANSWER_LIST, .members = columns, .beside = beside},
    .run = run_stats,
};
