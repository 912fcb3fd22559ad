/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/trace.h"

#include <string.h>

#include "daemon/core/conn_row.h"
#include "daemon/core/event_pace.h"
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

/* What stands before the pairs of a step. */
struct head {
	int64_t time_ns;
	uint32_t count;
	uint8_t traces;
};

/* The control thread's: those that run, and those that are being stopped. */
static struct trace *slots[TRACES_MAX];

/* ---- on a worker's thread ------------------------------------------------------------------ */

void tracer_init(struct tracer *tracer)
{
	event_ring_init(&tracer->ring);
}

void tracer_fini(struct tracer *tracer)
{
	event_ring_fini(&tracer->ring);
	buf_fini(&tracer->step);
}

uint8_t tracer_running(const struct tracer *tracer, uint8_t traces, uint64_t id)
{
	unsigned i;

	traces &= tracer->running;
	for (i = 0; i < TRACES_MAX; i++)
		if ((traces & 1u << i) != 0 && id < tracer->slots[i].since)
			traces &= (uint8_t) ~(1u << i);
	return traces;
}

static void look(void);
static struct event_pace pace = {.look = look};

void trace_step_begin(struct tracer *tracer)
{
	static const struct head head;

	buf_clear(&tracer->step);
	buf_append(&tracer->step, &head, sizeof(head));
}

void trace_step_send(struct tracer *tracer, uint8_t traces, uint32_t count)
{
	struct head head = {.count = count, .traces = traces};

	head.time_ns = (int64_t)(ev_time() * 1e9);
	memcpy(tracer->step.data + tracer->step.start, &head, sizeof(head));
	if (event_ring_put_bytes(&tracer->ring, buf_span(&tracer->step)))
		event_pace_wake(&pace, &tracer->ring);
}

static void install(struct worker *w, void *arg)
{
	struct trace *t = arg;

	w->tracer.slots[t->slot].trace = t;
	w->tracer.slots[t->slot].since = (w->next_serial + 1) * workers_count() + w->index;
	w->tracer.running |= (uint8_t)(1u << t->slot);
}

static void remove_it(struct worker *w, void *arg)
{
	const struct trace *t = arg;

	w->tracer.running &= (uint8_t) ~(1u << t->slot);
	w->tracer.slots[t->slot].trace = NULL;
}

/* ---- on the control thread ----------------------------------------------------------------- */

static void hand_out(struct span record)
{
	struct trace_step step;
	struct head head;
	unsigned i;

	memcpy(&head, record.p, sizeof(head));
	span_skip(&record, sizeof(head));
	step = (struct trace_step){head.time_ns, record, head.count};
	for (i = 0; i < TRACES_MAX; i++)
		if ((head.traces & 1u << i) != 0 && slots[i] != NULL)
			slots[i]->take(slots[i], &step);
}

static void drain_one(struct event_ring *ring)
{
	size_t end = event_ring_end(ring);
	uint8_t bytes[EVENT_SIZE_MAX];
	struct span record;
	uint64_t lost;
	unsigned i;

	while (event_ring_take_bytes(ring, end, bytes, &record))
		hand_out(record);
	lost = event_ring_lost(ring);
	for (i = 0; i < TRACES_MAX; i++)
		if (slots[i] != NULL)
			slots[i]->lost += lost;
}

static void look(void)
{
	unsigned i;

	for (i = 0; i < workers_count(); i++)
		drain_one(&worker_at(i)->tracer.ring);
	for (i = 0; i < TRACES_MAX; i++)
		if (slots[i] != NULL)
			slots[i]->news(slots[i]);
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

	look();
	slots[t->slot] = NULL;
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

void traces_stop(void)
{
	event_pace_stop(&pace);
	memset(slots, 0, sizeof(slots));
}
