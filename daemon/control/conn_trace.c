/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.trace: the steps of live connections, until their number or the time has come, or the client
 * ends its side. What it does not read in time is lost, and told.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ev.h>

#include "common/arena.h"
#include "common/duration.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/time_text.h"
#include "daemon/core/conn_row.h"
#include "daemon/core/trace.h"
#include "daemon/core/worker.h"

#define PENDING_MAX (256u << 10) /* bytes of steps that the client has not taken yet */

enum { TRACE_FILTER, TRACE_COUNT, TRACE_SECONDS };

static const struct param params[] = {
    {.name = "filter",
	.type = PARAM_TEXT,
	.max = FILTER_SIZE_MAX,
	.help = "only connections that match when they are accepted"},
    {.name = "count", .type = PARAM_INT, .help = "end when so many have come and gone"},
    {.name = "seconds",
	.type = PARAM_INT,
	.max = CONTROL_TRACE_SECONDS_MAX,
	.help = "end after this time"},
    {.name = NULL},
};

struct following {
	struct trace trace; /* first */
	struct call *call;
	struct filter *filter;
	ev_timer timer;
	bool stopping, stopped;
	int64_t time_ms;          /* of time */
	char time[TIME_TEXT_MAX]; /* of the last step: most have the one of the step before */
	struct buf pending;       /* steps: the length of each, then a map */
	uint64_t untold, missing; /* that were lost: since it was told last, and all */
	uint64_t steps;
};

/* ---- steps --------------------------------------------------------------------------------- */

static void pack_step(struct following *f, const struct trace_step *step)
{
	struct pack pack;
	struct pack_box map;

	if (f->time_ms != step->time_ns / DURATION_MS)
		time_text(step->time_ns, f->time);
	f->time_ms = step->time_ns / DURATION_MS;
	pack_init(&pack, &f->pending);
	pack_map_open(&pack, &map);
	pack_str(pack_key(&map, "time"), f->time);
	pack_pairs(&map, step->pairs, step->count);
	pack_close(&map);
}

/* Keeps a step for the client. */
static void add(struct following *f, const struct trace_step *step)
{
	size_t head = buf_len(&f->pending);
	uint32_t n = 0;

	buf_append(&f->pending, &n, sizeof(n));
	pack_step(f, step);
	n = (uint32_t)(buf_len(&f->pending) - head - sizeof(n));
	memcpy(f->pending.data + f->pending.start + head, &n, sizeof(n));
}

static void add_lost(struct following *f)
{
	struct timespec now;
	struct buf pairs = {0};
	struct pack pack;
	struct pack_box map = {.pack = &pack};
	struct trace_step step;

	pack_init(&pack, &pairs);
	pack_str(pack_key(&map, "step"), "lost");
	pack_u64(pack_key(&map, "count"), f->untold);
	clock_gettime(CLOCK_REALTIME, &now);
	step = (struct trace_step){
	    (int64_t)now.tv_sec * DURATION_S + now.tv_nsec, buf_span(&pairs), map.count};
	add(f, &step);
	buf_fini(&pairs);
	f->missing += f->untold;
	f->untold = 0;
}

static bool is_full(const struct following *f)
{
	return buf_len(&f->pending) > PENDING_MAX - TRACE_STEP_SIZE_MAX;
}

static void take(struct trace *trace, const struct trace_step *step)
{
	struct following *f = (struct following *)trace;

	if (f->untold > 0)
		add_lost(f);
	f->steps++;
	add(f, step);
}

/* ---- the stream ---------------------------------------------------------------------------- */

static void send_chunk(struct following *f)
{
	struct pack_box *items = call_chunk(f->call);
	uint32_t n;

	while (buf_len(&f->pending) > 0 && call_chunk_size(f->call) < CALL_CHUNK) {
		memcpy(&n, buf_span(&f->pending).p, sizeof(n));
		pack_raw(pack_item(items), span_of(buf_span(&f->pending).p + sizeof(n), n));
		buf_consume(&f->pending, sizeof(n) + n);
	}
	call_chunk_send(f->call);
}

static bool has_room(struct trace *trace)
{
	struct following *f = (struct following *)trace;

	while (is_full(f) && call_ready(f->call))
		send_chunk(f);
	if (!is_full(f))
		return true;
	f->untold++;
	return false;
}

static void stop(struct following *f)
{
	if (f->stopping)
		return;
	f->stopping = true;
	ev_timer_stop(control_loop(), &f->timer);
	trace_stop(&f->trace);
}

static void finish(struct following *f)
{
	struct call *call = f->call;
	struct pack_box *result = call_result(call);

	pack_u64(pack_key(result, "connections"), f->trace.admitted);
	pack_u64(pack_key(result, "steps"), f->steps);
	pack_u64(pack_key(result, "lost"), f->missing);
	buf_fini(&f->pending);
	filter_free(f->filter);
	free(f);
	call_finish(call);
}

static void go_on(struct call *call);

/* What is left for a client that does not read any more is not waited for. */
static void end_stream(struct following *f)
{
	while (!call_ended(f->call) && call_ready(f->call) && buf_len(&f->pending) > 0)
		send_chunk(f);
	if (call_ended(f->call) || buf_len(&f->pending) == 0)
		finish(f);
	else
		call_wait(f->call, go_on);
}

static void go_on(struct call *call)
{
	struct following *f = call->state;

	if (f->stopped) {
		end_stream(f);
		return;
	}
	while (call_ready(call) && buf_len(&f->pending) > 0)
		send_chunk(f);
	if (f->untold > 0 && !is_full(f))
		add_lost(f);
	if (call_ended(call) || trace_is_over(&f->trace))
		stop(f);
	if (!call_gone(call))
		call_wait(call, go_on);
}

/* Called again where we wait, or have no client left to wait for. */
static void resume(struct following *f)
{
	if (f->call->resume != NULL)
		call_go_on(f->call);
	else
		go_on(f->call);
}

static void on_news(struct trace *trace)
{
	struct following *f = (struct following *)trace;

	f->untold += trace->lost;
	trace->lost = 0;
	resume(f);
}

/* An empty chunk first: the client knows that what comes from now on is traced. */
static void on_started(struct trace *trace)
{
	struct following *f = (struct following *)trace;

	call_chunk(f->call);
	call_chunk_send(f->call);
	resume(f);
}

static void on_stopped(struct trace *trace)
{
	struct following *f = (struct following *)trace;

	if (f->untold > 0)
		add_lost(f);
	f->stopped = true;
	resume(f);
}

static void on_time(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	stop(w->data);
}

/* ---- the request --------------------------------------------------------------------------- */

/* Fields of conn.ls that an accepted connection does not have yet deserve another answer. */
static int read_filter(const struct argument *arg, struct filter **out, struct error *err)
{
	struct filter *later;
	struct error other;

	if (!arg->given)
		return 0;
	*out = filter_new(arg->text, trace_fields, err);
	if (*out != NULL)
		return 0;
	later = filter_new(arg->text, conn_row_fields, &other);
	if (later != NULL)
		error_set(err, ERROR_INVALID,
		    "asks for what is not known when a connection is accepted; a trace can be "
		    "filtered by src, dst, listener, server, proto and id");
	filter_free(later);
	return error_at(err, "filter");
}

static void run_trace(struct call *call, const struct argument *args)
{
	struct following *f = mem_zalloc(sizeof(*f));
	struct error err;

	f->call = call;
	call->state = f;
	f->trace = (struct trace){
	    .limit = args[TRACE_COUNT].number,
	    .started = on_started,
	    .has_room = has_room,
	    .take = take,
	    .news = on_news,
	    .stopped = on_stopped,
	};
	if (read_filter(&args[TRACE_FILTER], &f->filter, &err) == -1)
		goto failed;
	f->trace.filter = f->filter;
	if (trace_start(&f->trace, &err) == -1)
		goto failed;
	ev_timer_init(&f->timer, on_time, (double)args[TRACE_SECONDS].number, 0.);
	f->timer.data = f;
	if (args[TRACE_SECONDS].number > 0)
		ev_timer_start(control_loop(), &f->timer);
	call_wait(call, go_on);
	return;
failed:
	filter_free(f->filter);
	free(f);
	call_fail(call, &err);
}

const struct method method_conn_trace = {
    .name = CONTROL_CONN_TRACE,
    .help = "what the routes say of live connections, step by step",
    .level = LEVEL_OBSERVE,
    .params = params,
    .run = run_trace,
};
