/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traces: what the routes say of live connections and what becomes of them, step by step, for those
 * that fit a filter when they are accepted. Workers write steps down (conn_trace.h) into rings that
 * carry nothing else; here the control thread hands them to the traces that they are for. Nothing
 * waits: a step that finds no room is lost, and counted.
 */
#ifndef DAEMON_CORE_TRACE_H
#define DAEMON_CORE_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/core/event_ring.h"
#include "daemon/core/filter.h"

struct worker;

#define TRACES_MAX 8 /* at a time: bits of conn->traced */

/* Pairs are MessagePack, of keys and values: "id" and "step" first. Borrowed. */
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

/* A worker's part of it, in struct worker. */
struct tracer {
	uint8_t running; /* bits of slots */
	struct {
		struct trace *trace;
		uint64_t since; /* the lowest id of a connection that it may follow */
	} slots[TRACES_MAX];
	struct event_ring ring;
	struct buf step; /* the one that is being written down */
};

void tracer_init(struct tracer *tracer);
void tracer_fini(struct tracer *tracer);

/* Sends what tracer->step holds, a head that trace_step_begin() made and pairs, to these traces. */
void trace_step_begin(struct tracer *tracer);
void trace_step_send(struct tracer *tracer, uint8_t traces, uint32_t count);
/* Of the traces that a connection was given, those that still run. */
uint8_t tracer_running(const struct tracer *tracer, uint8_t traces, uint64_t id);

#endif
