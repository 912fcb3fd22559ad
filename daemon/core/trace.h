/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traces: what the routes say of live connections and what becomes of them, step by step, for those
 * that fit a filter when they are accepted. Workers write down what happens (conn_trace.h) into
 * rings that carry nothing else; here the control thread makes steps of it and hands them to the
 * traces that they are for. Nothing waits: what finds no room is lost, and counted. Nobody is woken
 * for it either: while a trace runs the control thread comes to look.
 */
#ifndef DAEMON_CORE_TRACE_H
#define DAEMON_CORE_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/span.h"
#include "daemon/core/event_ring.h"
#include "daemon/core/filter.h"

struct worker;

#define TRACES_MAX 8                 /* at a time: bits of conn->traced */
#define TRACE_RING_SIZE (512u << 10) /* of each worker, while a trace runs */

/* Pairs are MessagePack, of keys and values, TRACE_STEP_SIZE_MAX bytes at the most: "id" and "step"
 * first. Borrowed. */
#define TRACE_STEP_SIZE_MAX 8192
struct trace_step {
	int64_t time_ns; /* wall clock, since 1970 */
	struct span pairs;
	uint32_t count;
};

/* Embedded in who traces, who fills in what stands first. Its functions run on the control thread.
 */
struct trace {
	const struct filter *filter;          /* of trace_fields; NULL: all */
	uint64_t limit;                       /* connections; 0: any number */
	void (*started)(struct trace *trace); /* all workers know it */
	/* Has it room for a step? Else it counts one as lost. take() comes next. */
	bool (*has_room)(struct trace *trace);
	void (*take)(struct trace *trace, const struct trace_step *step);
	void (*news)(struct trace *trace);    /* after one round of take(), or of losses */
	void (*stopped)(struct trace *trace); /* no worker knows it any more: it may be freed */
	/* Of everyone's steps, since it was asked last: it may be fewer of this one's. */
	uint64_t lost;
	/* Its own. */
	unsigned slot;
	_Atomic uint64_t admitted, open; /* connections: so far, and those that have not ended */
};

/* What a connection has when it is accepted: fields of struct conn_row. */
extern const struct filter_field trace_fields[];

/* 0, or -1 with err where TRACES_MAX are running. Control thread, as all that follows. */
int trace_start(struct trace *trace, struct error *err);
/* Once; stopped() comes later. */
void trace_stop(struct trace *trace);
/* Have as many connections as limit says come, and gone again? */
bool trace_is_over(const struct trace *trace);

/* For workers_stop(). */
void traces_stop(void);

/* ---- on a worker's thread ------------------------------------------------------------------ */

/* A worker's part of it, in struct worker. Zeroed memory is a good start. */
struct tracer {
	uint8_t running; /* bits of slots */
	struct {
		struct trace *trace;
		uint64_t since; /* the lowest id of a connection that it may follow */
	} slots[TRACES_MAX];
	uint64_t newest;        /* the highest of since */
	struct event_ring ring; /* of trace_record.h; has memory while a trace runs */
};

/* After its thread has ended. */
void tracer_fini(struct tracer *tracer);

/* At the end of a round of its loop: what was written down can be seen. */
static inline void tracer_publish(struct tracer *tracer)
{
	event_ring_publish(&tracer->ring);
}

/* Of the traces that a connection was given, those that still run. */
uint8_t tracer_older(const struct tracer *tracer, uint8_t traces, uint64_t id);
static inline uint8_t tracer_running(const struct tracer *tracer, uint8_t traces, uint64_t id)
{
	if (id < tracer->newest)
		return tracer_older(tracer, traces, id);
	return traces & tracer->running;
}

#endif
