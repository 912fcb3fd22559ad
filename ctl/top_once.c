/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/top_once.h"

#include <math.h>
#include <time.h>

#include "common/duration.h"
#include "common/unpack.h"
#include "ctl/top_look.h"

/* ---- what is printed ------------------------------------------------------------------------- */

static const char *const keys[RATES_COLUMNS] = {
    [RATES_CONNECTIONS] = "connections_per_second",
    [RATES_BYTES_IN] = "bytes_in_per_second",
    [RATES_BYTES_OUT] = "bytes_out_per_second",
    [RATES_ERRORS] = "errors_per_second",
};

/* What was not there before has no rates yet. */
const struct column top_once_columns[] = {
    {.title = "KIND", .key = "kind"},
    {.title = "NAME", .key = "name", .cut = true, .middle = true},
    {.title = "SERVER", .key = "server", .null = true, .cut = true, .drop = 1},
    {.title = "ACTIVE", .key = "active", .kind = COLUMN_NUMBER},
    {.title = "CONNS/S", .key = "connections_per_second", .kind = COLUMN_RATE, .null = true},
    {.title = "IN/S", .key = "bytes_in_per_second", .kind = COLUMN_BYTES_RATE, .null = true},
    {.title = "OUT/S", .key = "bytes_out_per_second", .kind = COLUMN_BYTES_RATE, .null = true},
    {.title = "ERRORS/S", .key = "errors_per_second", .kind = COLUMN_RATE, .null = true},
    {.key = NULL},
};

const struct column top_once_beside[] = {
    {.key = "seconds", .kind = COLUMN_SECONDS},
    {.key = "version"},
    {.key = "pid", .kind = COLUMN_NUMBER},
    {.key = "uptime", .kind = COLUMN_SECONDS},
    {.key = "workers", .kind = COLUMN_NUMBER},
    {.key = "connections", .kind = COLUMN_NUMBER},
    {.key = NULL},
};

/* ---- rows ------------------------------------------------------------------------------------ */

/* No more digits than mean something. */
static void pack_seconds(struct pack *pack, double seconds)
{
	pack_double(pack, round(seconds * 1e6) / 1e6);
}

static void pack_rate(struct pack *pack, double rate)
{
	if (rate == RATE_UNKNOWN)
		pack_nil(pack);
	else
		pack_double(pack, round(rate * 1e3) / 1e3);
}

static void pack_rates(struct pack *pack, const struct rate *rate)
{
	const struct snapshot_row *row = rate->row;
	struct pack_box map;
	int i;

	pack_map_open(pack, &map);
	pack_str(pack_key(&map, "kind"), rates_kinds[row->kind]);
	pack_str(pack_key(&map, "name"), row->name);
	if (row->server != NULL)
		pack_str(pack_key(&map, "server"), row->server);
	else
		pack_nil(pack_key(&map, "server"));
	pack_u64(pack_key(&map, "active"), row->numbers[RATES_ACTIVE]);
	for (i = RATES_CONNECTIONS; i < RATES_COLUMNS; i++)
		pack_rate(pack_key(&map, keys[i]), rate->values[i]);
	pack_close(&map);
}

/* As if the daemon had sent it: a chunk of items, and the result. */
static void pack_chunk(struct buf *out, const struct rates *rates, const enum rates_kind *kind)
{
	struct pack_box map, items;
	struct pack pack;
	size_t i;

	pack_init(&pack, out);
	pack_map_open(&pack, &map);
	pack_array_open(pack_key(&map, "items"), &items);
	if (kind == NULL && rates->daemon.row != NULL)
		pack_rates(pack_item(&items), &rates->daemon);
	for (i = 0; i < rates->count; i++)
		if (kind == NULL || rates->rows[i].row->kind == *kind)
			pack_rates(pack_item(&items), &rates->rows[i]);
	pack_close(&items);
	pack_close(&map);
}

static void pack_result(struct buf *out, double seconds, const struct snapshot_status *status)
{
	struct pack_box map;
	struct pack pack;

	pack_init(&pack, out);
	pack_map_open(&pack, &map);
	pack_u64(pack_key(&map, "rev"), status->revision);
	pack_seconds(pack_key(&map, "seconds"), seconds);
	pack_str(pack_key(&map, "version"), status->version);
	pack_u64(pack_key(&map, "pid"), status->pid);
	pack_seconds(pack_key(&map, "uptime"), status->uptime);
	pack_u64(pack_key(&map, "workers"), status->workers);
	pack_u64(pack_key(&map, "connections"), status->connections);
	pack_close(&map);
}

/* ---- once ------------------------------------------------------------------------------------ */

static int unpack_own(struct reply *reply, struct fault *fault)
{
	struct error err;

	if (unpack_value(&reply->value, buf_span(&reply->bytes), &err) == -1)
		return fault_set(fault, CONTROL_EXIT_INTERNAL, "%s", err.message);
	reply->result = &reply->value.data;
	return 0;
}

static int print(struct context *c, const struct rates *rates, const struct snapshot_status *status,
    const enum rates_kind *kind)
{
	struct reply chunk = {0}, result = {0};
	struct output_list list;
	int rc = -1;

	pack_chunk(&chunk.bytes, rates, kind);
	pack_result(&result.bytes, rates->seconds, status);
	if (unpack_own(&chunk, c->fault) == 0 && unpack_own(&result, c->fault) == 0) {
		output_list_begin(&list, &c->output, top_once_columns, "name");
		list.whole = true;
		output_list_chunk(&chunk, &list);
		rc = command_printed(c, output_list_end(&list, result.result));
	}
	reply_fini(&chunk);
	reply_fini(&result);
	return rc;
}

int top_once(struct context *c, const enum rates_kind *kind, int64_t interval)
{
	const struct timespec pause = {
	    .tv_sec = interval / DURATION_S, .tv_nsec = interval % DURATION_S};
	struct snapshot before, now = {0};
	struct rates rates = {0};
	int rc;

	if (top_look(c, &before) == -1)
		return -1;
	nanosleep(&pause, NULL);
	rc = top_look(c, &now);
	if (rc == 0) {
		rates_make(&rates, &before, &now);
		rc = print(c, &rates, &now.status, kind);
	}
	rates_fini(&rates);
	snapshot_fini(&now);
	snapshot_fini(&before);
	return rc;
}
