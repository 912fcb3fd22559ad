/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/trace.h"

#include <math.h>
#include <string.h>

#include "common/pack.h"
#include "daemon/core/conn_row.h"
#include "daemon/core/trace_step.h"
#include "daemon/core/worker.h"

const struct filter_field trace_fields[] = {
    CONN_ROW_FIELD(id, FILTER_NUMBER),
    CONN_ROW_FIELD(src, FILTER_ADDRESS),
    CONN_ROW_FIELD(dst, FILTER_ADDRESS),
    CONN_ROW_FIELD(listener, FILTER_TEXT),
    CONN_ROW_FIELD(server, FILTER_TEXT),
    CONN_ROW_FIELD(proto, FILTER_TEXT),
    {.name = NULL},
};

/* Between two looks into the rings: while there is much to be seen, and up to where there is not.
 */
#define PACE_MIN 0.01
#define PACE_MAX 0.05
/* How long the control thread stays at it; the rest follows after other things. */
#define LOOK_SECONDS 0.02

/* The control thread's: those that run, and those that are being stopped. */
static struct trace *slots[TRACES_MAX];
static ev_timer pace; /* while there are some */
static double seconds;

/* ---- on a worker's thread ------------------------------------------------------------------ */

/* A slot may have been given to another trace since. */
uint8_t tracer_older(const struct tracer *tracer, uint8_t traces, uint64_t id)
{
	unsigned i;

	traces &= tracer->running;
	for (i = 0; i < TRACES_MAX; i++)
		if ((traces & 1u << i) != 0 && id < tracer->slots[i].since)
			traces &= (uint8_t) ~(1u << i);
	return traces;
}

static void install(struct worker *w, void *arg)
{
	struct trace *t = arg;
	struct tracer *tracer = &w->tracer;

	tracer->newest = (w->next_serial + 1) * workers_count() + w->index;
	tracer->slots[t->slot].trace = t;
	tracer->slots[t->slot].since = tracer->newest;
	tracer->running |= (uint8_t)(1u << t->slot);
}

static void remove_it(struct worker *w, void *arg)
{
	const struct trace *t = arg;

	tracer_publish(&w->tracer);
	w->tracer.running &= (uint8_t) ~(1u << t->slot);
	w->tracer.slots[t->slot].trace = NULL;
}

/* ---- on the control thread ----------------------------------------------------------------- */

/* Those of traces that take a step now. */
static uint8_t with_room(uint8_t traces)
{
	unsigned i;

	for (i = 0; i < TRACES_MAX; i++)
		if ((traces & 1u << i) != 0 && (slots[i] == NULL || !slots[i]->has_room(slots[i])))
			traces &= (uint8_t) ~(1u << i);
	return traces;
}

static void hand_out_step(const struct trace_record *record, enum trace_kind kind)
{
	uint8_t traces = with_room(record->traces);
	struct buf pairs = {0};
	struct trace_step step;
	struct pack pack;
	struct pack_box map = {.pack = &pack};
	unsigned i;

	if (traces == 0)
		return;
	pack_init(&pack, &pairs);
	trace_step_pack(&map, record, kind);
	step = (struct trace_step){(int64_t)(record->time * 1e9), buf_span(&pairs), map.count};
	for (i = 0; i < TRACES_MAX; i++)
		if ((traces & 1u << i) != 0)
			slots[i]->take(slots[i], &step);
	buf_fini(&pairs);
}

static void hand_out(const struct trace_record *record)
{
	enum trace_kind steps[TRACE_STEPS_MAX];
	unsigned i, n = trace_steps_of(record, steps);

	for (i = 0; i < n; i++)
		hand_out_step(record, steps[i]);
}

static bool next_record(struct event_ring *ring, size_t end, const struct trace_record **out)
{
	struct span record;

	if (!event_ring_look(ring, end, &record))
		return false;
	*out = (const void *)record.p;
	return true;
}

static void drop_record(struct event_ring *ring, const struct trace_record *record)
{
	trace_record_release(record);
	event_ring_drop(ring);
}

/* Returns whether there was something. */
static bool drain_one(struct event_ring *ring, ev_tstamp until)
{
	size_t end = event_ring_end(ring);
	const struct trace_record *record;
	uint64_t lost = event_ring_lost(ring);
	bool some = false;
	unsigned i;

	while (ev_time() < until && next_record(ring, end, &record)) {
		hand_out(record);
		drop_record(ring, record);
		some = true;
	}
	for (i = 0; i < TRACES_MAX; i++)
		if (slots[i] != NULL)
			slots[i]->lost += lost;
	return some;
}

/* What the rings hold now. Begins with another worker each time. */
static bool drain(ev_tstamp until)
{
	static unsigned first;
	bool some = false;
	unsigned i;

	first++;
	for (i = 0; i < workers_count(); i++)
		some |= drain_one(&worker_at((first + i) % workers_count())->tracer.ring, until);
	for (i = 0; i < TRACES_MAX; i++)
		if (slots[i] != NULL)
			slots[i]->news(slots[i]);
	return some;
}

static void plan(double next)
{
	seconds = next < PACE_MAX ? next : PACE_MAX;
	ev_timer_set(&pace, seconds, 0.);
	ev_timer_start(control_loop(), &pace);
}

static void on_pace(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	plan(drain(ev_time() + LOOK_SECONDS) ? PACE_MIN : 2 * seconds);
}

/* No worker knows a trace while one of these is called. */
static void begin_to_look(void)
{
	unsigned i;

	ev_init(&pace, on_pace);
	plan(PACE_MIN);
	for (i = 0; i < workers_count(); i++)
		event_ring_open(&worker_at(i)->tracer.ring, TRACE_RING_SIZE);
}

static void end_looking(void)
{
	unsigned i;

	ev_timer_stop(control_loop(), &pace);
	for (i = 0; i < workers_count(); i++)
		event_ring_close(&worker_at(i)->tracer.ring);
}

static bool any_runs(void)
{
	unsigned i;

	for (i = 0; i < TRACES_MAX && slots[i] == NULL; i++)
		;
	return i < TRACES_MAX;
}

static void on_started(void *arg)
{
	struct trace *t = arg;

	t->started(t);
}

int trace_start(struct trace *trace, struct error *err)
{
	unsigned i;

	for (i = 0; i < TRACES_MAX && slots[i] != NULL; i++)
		;
	if (i == TRACES_MAX)
		return error_set(err, ERROR_BUSY,
		    "%d traces are running, more at a time are not allowed; end one of them",
		    TRACES_MAX);
	if (!any_runs())
		begin_to_look();
	slots[i] = trace;
	trace->slot = i;
	trace->lost = 0;
	trace->admitted = trace->open = 0;
	workers_visit(install, on_started, trace);
	return 0;
}

/* What the workers wrote down before they forgot it is in the rings by now. */
static void on_removed(void *arg)
{
	struct trace *t = arg;

	drain(INFINITY);
	slots[t->slot] = NULL;
	if (!any_runs())
		end_looking();
	t->stopped(t);
}

void trace_stop(struct trace *trace)
{
	workers_visit(remove_it, on_removed, trace);
}

bool trace_is_over(const struct trace *trace)
{
	return trace->limit > 0 && trace->admitted >= trace->limit && trace->open == 0;
}

/* ---- the end ------------------------------------------------------------------------------- */

void tracer_fini(struct tracer *tracer)
{
	const struct trace_record *record;
	size_t end;

	event_ring_publish(&tracer->ring);
	end = event_ring_end(&tracer->ring);
	while (next_record(&tracer->ring, end, &record))
		drop_record(&tracer->ring, record);
	event_ring_fini(&tracer->ring);
}

void traces_stop(void)
{
	if (control_loop() != NULL)
		ev_timer_stop(control_loop(), &pace);
	memset(slots, 0, sizeof(slots));
}
