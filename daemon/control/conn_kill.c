/* SPDX-License-Identifier: BSD-2-Clause */
/* conn.kill: by ids or by a filter, a few in each visit, so that no worker is kept from its work.
 */
#include <config.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/unpack.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/core/conn.h"
#include "daemon/core/conn_row.h"
#include "daemon/core/worker.h"

#define IDS_MAX 1024
#define LOOKS 1024 /* connections or ids looked at in one visit */
#define KILLS 16   /* ended in one visit: closing sockets takes its time */

enum { KILL_IDS, KILL_FILTER, KILL_DRY_RUN };

static const struct param params[] = {
    {.name = "ids", .type = PARAM_INTS, .max = IDS_MAX, .help = "of the connections"},
    {.name = "filter", .type = PARAM_TEXT, .max = FILTER_SIZE_MAX, .help = "all that match"},
    {.name = "dry_run", .type = PARAM_BOOL, .help = "only count them"},
    {.name = NULL},
};

/* How far one worker has come. */
struct progress {
	uint64_t cursor; /* of ids of connections, or in kill->ids */
	bool more;
};

struct kill {
	struct call *call;
	struct filter *filter;
	bool dry_run;
	char detail[64]; /* for the connection's log line */
	_Atomic uint64_t killed;
	size_t id_count;
	struct {
		uint64_t id;
		bool found; /* written by the worker that it belongs to */
	} * ids;
	struct progress *progress;
};

/* ---- on the workers ------------------------------------------------------------------------ */

static void end_one(struct kill *kill, struct conn *conn)
{
	atomic_fetch_add_explicit(&kill->killed, 1, memory_order_relaxed);
	if (!kill->dry_run)
		conn_end(conn, END_KILLED, kill->detail);
}

static void kill_ids(struct worker *w, struct kill *kill, struct progress *progress)
{
	unsigned looks, kills = 0;
	struct conn *conn;

	for (looks = 0; looks < LOOKS && kills < KILLS; looks++) {
		size_t i = progress->cursor++;

		if (i >= kill->id_count) {
			progress->more = false;
			return;
		}
		if (kill->ids[i].id % workers_count() != w->index)
			continue;
		conn = worker_conn_find(w, kill->ids[i].id);
		if (conn == NULL)
			continue;
		kill->ids[i].found = true;
		end_one(kill, conn);
		kills++;
	}
}

static void kill_matching(struct worker *w, struct kill *kill, struct progress *progress)
{
	unsigned looks, kills = 0;
	struct conn_row row;
	struct conn *conn;

	for (looks = 0; looks < LOOKS && kills < KILLS; looks++) {
		conn = worker_conn_next(w, progress->cursor);
		if (conn == NULL) {
			progress->more = false;
			return;
		}
		progress->cursor = conn->facts.id;
		conn_row_read(conn, &row);
		if (!filter_match(kill->filter, &row))
			continue;
		end_one(kill, conn);
		kills++;
	}
}

static void sweep(struct worker *w, void *arg)
{
	struct kill *kill = arg;
	struct progress *progress = &kill->progress[w->index];

	if (!progress->more)
		return;
	if (kill->filter != NULL)
		kill_matching(w, kill, progress);
	else
		kill_ids(w, kill, progress);
}

/* ---- on the control thread ----------------------------------------------------------------- */

static void pack_missing(struct pack *pack, const struct kill *kill)
{
	struct pack_box list;
	size_t i;

	pack_array_open(pack, &list);
	for (i = 0; i < kill->id_count; i++)
		if (!kill->ids[i].found)
			pack_u64(pack_item(&list), kill->ids[i].id);
	pack_close(&list);
}

static void answer(struct kill *kill)
{
	struct call *call = kill->call;
	struct pack_box *map;
	struct error err;

	if (kill->filter == NULL && kill->killed == 0) {
		error_set(&err, ERROR_NOT_FOUND, "no connection %llu%s",
		    (unsigned long long)kill->ids[0].id,
		    kill->id_count > 1 ? ", and none of the others" : "");
		call_fail(call, &err);
		return;
	}
	map = call_result(call);
	pack_u64(pack_key(map, "killed"), kill->killed);
	pack_bool(pack_key(map, "dry_run"), kill->dry_run);
	pack_missing(pack_key(map, "missing"), kill);
	call_finish(call);
}

static void swept(void *arg)
{
	struct kill *kill = arg;
	unsigned i;

	for (i = 0; i < workers_count(); i++) {
		if (!kill->progress[i].more)
			continue;
		workers_visit(sweep, swept, kill);
		return;
	}
	answer(kill);
	filter_free(kill->filter);
	free(kill->ids);
	free(kill->progress);
	free(kill);
}

static int check(const struct argument *args, struct filter **filter, struct error *err)
{
	if (args[KILL_IDS].given == args[KILL_FILTER].given)
		return error_set(err, ERROR_INVALID, "give either ids or a filter");
	if (args[KILL_IDS].given && args[KILL_IDS].count == 0) {
		error_set(err, ERROR_INVALID, "at least one is wanted");
		return error_at(err, "ids");
	}
	if (args[KILL_FILTER].given) {
		*filter = filter_new(args[KILL_FILTER].text, conn_row_fields, err);
		if (*filter == NULL)
			return error_at(err, "filter");
	}
	return 0;
}

static void run_kill(struct call *call, const struct argument *args)
{
	struct filter *filter = NULL;
	struct kill *kill;
	struct error err;
	size_t i;

	if (check(args, &filter, &err) == -1) {
		call_fail(call, &err);
		return;
	}
	kill = mem_zalloc(sizeof(*kill));
	kill->call = call;
	kill->filter = filter;
	kill->dry_run = args[KILL_DRY_RUN].yes;
	snprintf(kill->detail, sizeof(kill->detail), "uid %u pid %d", (unsigned)call->caller.uid,
	    (int)call->caller.pid);
	kill->id_count = args[KILL_IDS].count;
	kill->ids = mem_zalloc((kill->id_count + 1) * sizeof(*kill->ids));
	for (i = 0; i < kill->id_count; i++)
		unpack_u64(&args[KILL_IDS].items[i], &kill->ids[i].id);
	kill->progress = mem_zalloc(workers_count() * sizeof(*kill->progress));
	for (i = 0; i < workers_count(); i++)
		kill->progress[i].more = true;
	workers_visit(sweep, swept, kill);
}

const struct method method_conn_kill = {
    .name = CONTROL_CONN_KILL,
    .help = "end connections, by ids or by a filter",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = params,
    .run = run_kill,
};
