/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of a connection that traces follow (trace.h). What they see is what route.test shows of
 * a described one: verdicts, handlers, captures, upstreams; of the bytes their number alone. A
 * connection that nobody traces pays for a look at one byte here, one that is traced for the copy
 * of what is known (trace_record.h).
 */
#ifndef DAEMON_CORE_CONN_TRACE_H
#define DAEMON_CORE_CONN_TRACE_H

#include "daemon/core/conn.h"
#include "daemon/core/routing.h"
#include "daemon/core/worker.h"

/* What was seen of the connection before it was traced is not told: here that is decided. */
void conn_trace_admit(struct conn *conn);
static inline void conn_trace_open(struct conn *conn)
{
	if (conn->worker->tracer.running != 0)
		conn_trace_admit(conn);
}

/*
 * The routes of the current list were asked about in, and this is what came of it; known are the
 * named facts from before. The control thread asks them once more, all that matter, about a copy.
 * The chain of a route that was taken begins.
 */
void conn_trace_look(struct conn *conn, const struct match_input *in, const struct fact *known,
    enum pick pick, size_t index);

/* A handler of the chain is about to run: not the first one after a look. */
void conn_trace_handler(struct conn *conn, const char *name);

/* An upstream was dialled; problem NULL: and it is the connection's. Texts may be any bytes. */
void conn_trace_dial(struct conn *conn, const char *upstream, const char *problem);

/* As for conn_event_close(). */
void conn_trace_end(struct conn *conn, const char *detail);

#endif
