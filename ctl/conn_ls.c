/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/listing.h"

static const struct column columns[] = {
    {.title = "ID", .key = "id", .kind = COLUMN_NUMBER},
    {.title = "SRC", .key = "src", .cut = true, .middle = true},
    {.key = "dst"},
    {.title = "LISTENER", .key = "listener", .null = true, .cut = true, .middle = true, .drop = 1},
    {.key = "server", .null = true},
    {.title = "ROUTE", .key = "route", .null = true, .cut = true, .drop = 5},
    {.title = "UPSTREAM", .key = "upstream", .null = true, .cut = true, .middle = true},
    {.title = "SNI", .key = "sni", .null = true, .cut = true, .drop = 4},
    {.key = "alpn", .null = true},
    {.key = "proto", .null = true},
    {.title = "TLS", .key = "tls", .null = true, .drop = 3},
    {.title = "AGE", .key = "age", .kind = COLUMN_SECONDS},
    {.title = "IDLE", .key = "idle", .kind = COLUMN_SECONDS, .drop = 2},
    {.title = "IN", .key = "bytes_in", .kind = COLUMN_BYTES},
    {.title = "OUT", .key = "bytes_out", .kind = COLUMN_BYTES},
    {.title = "STATE", .key = "state", .null = true},
    {.key = NULL},
};

static int run_ls(struct context *c, int argc, char **argv)
{
	const struct options *o = c->options;
	struct pack_box *params;
	uint64_t after = 0;

	if (argc > 0 && (o->given & OPTION_FILTER))
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "give the filter once: as an argument or with --filter");
	if (o->after != NULL && command_id(c, o->after, &after) == -1)
		return -1;
	if (command_connect(c) == NULL)
		return -1;
	params = client_begin(c->client, CONTROL_CONN_LS);
	if (argc > 0 || (o->given & OPTION_FILTER))
		pack_str(pack_key(params, "filter"), argc > 0 ? argv[0] : o->filter);
	if (o->given & OPTION_AFTER)
		pack_u64(pack_key(params, "after"), after);
	if (o->given & OPTION_LIMIT)
		pack_u64(pack_key(params, "limit"), o->limit);
	return listing_items(c, columns, "id");
}

const struct command command_conn_ls = {
    .object = "conn",
    .verb = "ls",
    .arguments = "[FILTER]",
    .help = "the open connections, by id",
    .details = "A filter compares fields of the JSON form with == != < <= > >= ~ (with * and ?)\n"
	       "and in (ranges, or values with commas); it joins with && || ! and parentheses:\n"
	       "  pointsctl conn ls 'route==db && src in 10.0.0.0/8 && age>1h'\n",
    .options = OPTION_FILTER | OPTION_AFTER | OPTION_LIMIT,
    .max = 1,
    .answer = {.form = ANSWER_LIST, .members = columns},
    .run = run_ls,
};
