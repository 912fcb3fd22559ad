/* SPDX-License-Identifier: BSD-2-Clause */
/* stats: what is counted of the daemon, of listeners, servers, routes and upstreams. */
#include <config.h>

#include <ev.h>

#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/control/stats.h"

/* ---- a row ---------------------------------------------------------------------------------- */

/* Names and counts of those that are not 0. */
static void pack_named(
    struct pack *pack, const _Atomic uint64_t *counts, int size, const char *(*name)(int index))
{
	struct pack_box map;
	int i;

	pack_map_open(pack, &map);
	for (i = 0; i < size; i++)
		if (counter_get(&counts[i]) > 0)
			pack_u64(pack_key(&map, name(i)), counter_get(&counts[i]));
	pack_close(&map);
}

static const char *reason_name(int reason)
{
	return end_reason_name((enum end_reason)reason);
}

static const char *problem_name(int problem)
{
	return dial_problem_name((enum dial_problem)problem);
}

static void pack_histogram(struct pack *pack, const struct histogram *histogram)
{
	int i;

	pack_array_of(pack, HISTOGRAM_BUCKETS);
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		pack_u64(pack, counter_get(&histogram->buckets[i]));
}

static double seconds(const struct histogram *histogram)
{
	return (double)counter_get(&histogram->sum_us) / 1e6;
}

static void pack_handshakes(struct pack *pack, const struct tally *t)
{
	struct pack_box map;
	uint64_t all = counter_get(&t->handshakes), resumed = counter_get(&t->handshakes_resumed);

	pack_map_open(pack, &map);
	pack_u64(pack_key(&map, "full"), all > resumed ? all - resumed : 0);
	pack_u64(pack_key(&map, "resumed"), resumed);
	pack_u64(pack_key(&map, "failed"), counter_get(&t->handshakes_failed));
	pack_close(&map);
}

static void pack_row(struct pack_box *map, const struct stats_row *row)
{
	struct tally t;

	stats_read(row, &t);
	pack_str(pack_key(map, "kind"), stats_kinds[row->kind]);
	rows_text(pack_key(map, "name"), row->name);
	rows_text(pack_key(map, "server"), row->server);
	pack_u64(pack_key(map, "connections"), counter_get(&t.opened));
	pack_u64(pack_key(map, "active"), tally_active(&t));
	pack_u64(pack_key(map, "errors"), tally_errors(&t));
	pack_u64(pack_key(map, "bytes_in"), counter_get(&t.bytes_in));
	pack_u64(pack_key(map, "bytes_out"), counter_get(&t.bytes_out));
	pack_named(pack_key(map, "ends"), t.ended, END_REASON_COUNT, reason_name);
	pack_handshakes(pack_key(map, "handshakes"), &t);
	if (row->kind == STATS_ROUTE) {
		pack_u64(pack_key(map, "passed"), counter_get(&t.passed));
		pack_u64(pack_key(map, "no"), counter_get(&t.said_no));
		pack_u64(pack_key(map, "more"), counter_get(&t.said_more));
	}
	if (row->kind == STATS_UPSTREAM) {
		pack_u64(pack_key(map, "dials"), counter_get(&t.dials));
		pack_named(pack_key(map, "dial_failures"), t.dial_failures, DIAL_PROBLEM_COUNT,
		    problem_name);
	}
	if (row->kind == STATS_DAEMON)
		return;
	pack_histogram(pack_key(map, "durations"), &t.durations);
	pack_double(pack_key(map, "durations_sum"), seconds(&t.durations));
	pack_histogram(pack_key(map, "delays"), &t.delays);
	pack_double(pack_key(map, "delays_sum"), seconds(&t.delays));
}

/* ---- the method ----------------------------------------------------------------------------- */

static bool next_row(struct rows *rows, struct pack_box *items)
{
	const struct stats *stats = rows->state;
	struct pack_box map;

	if (rows->item == stats->count)
		return false;
	pack_map_open(pack_item(items), &map);
	pack_row(&map, &stats->rows[rows->item++]);
	pack_close(&map);
	return true;
}

static void pack_bounds(struct pack *pack, const double *bounds)
{
	int i;

	pack_array_of(pack, HISTOGRAM_BUCKETS - 1);
	for (i = 0; i < HISTOGRAM_BUCKETS - 1; i++)
		pack_double(pack, bounds[i]);
}

static void add_result(struct rows *rows, struct pack_box *result)
{
	(void)rows;
	pack_double(pack_key(result, "time"), ev_time());
	pack_bounds(pack_key(result, "duration_bounds"), histogram_durations);
	pack_bounds(pack_key(result, "delay_bounds"), histogram_delays);
}

static void release(void *state)
{
	stats_free(state);
}

static int kind_of(struct span text, enum stats_kind *out, struct error *err)
{
	char word[32];
	int i;

	for (i = 0; i < STATS_KIND_COUNT; i++) {
		if (span_eq_str(text, stats_kinds[i])) {
			*out = (enum stats_kind)i;
			return 0;
		}
	}
	snprintf(word, sizeof(word), "%.*s", (int)text.n, (const char *)text.p);
	error_choice(err, word, stats_kinds);
	return error_at(err, "kind");
}

static void run_stats(struct call *call, const struct argument *args)
{
	enum stats_kind kind;
	struct error err;

	if (args[0].given && kind_of(args[0].text, &kind, &err) == -1) {
		call_fail(call, &err);
		return;
	}
	rows_start_full(
	    call, next_row, add_result, stats_new(args[0].given ? &kind : NULL), release);
}

static const struct param params[] = {
    {.name = "kind",
	.type = PARAM_TEXT,
	.help = "these alone: daemon, listener, server, route or upstream"},
    {.name = NULL},
};

const struct method method_stats = {
    .name = CONTROL_STATS,
    .help = "what is counted, by listener, server, route and upstream",
    .level = LEVEL_OBSERVE,
    .params = params,
    .run = run_stats,
};
