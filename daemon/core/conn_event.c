/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_event.h"

#include "daemon/core/conn.h"
#include "daemon/core/events.h"
#include "daemon/core/worker.h"

static void begin(struct event *e, enum event_type type, struct conn *conn)
{
	*e = (struct event){
	    .type = type,
	    .time_ns = (int64_t)(ev_now(conn->worker->loop) * 1e9),
	};
	conn_row_read(conn, &e->row);
}

void conn_event_open(struct conn *conn)
{
	struct event e;

	if (!events_wanted(EVENT_CONN_OPEN))
		return;
	begin(&e, EVENT_CONN_OPEN, conn);
	events_note(conn->worker, &e);
}

void conn_event_close(struct conn *conn, const char *detail)
{
	struct event e;

	if (!events_wanted(EVENT_CONN_CLOSE))
		return;
	begin(&e, EVENT_CONN_CLOSE, conn);
	e.reason = span_str(end_reason_name(conn->reason));
	if (detail != NULL)
		e.detail = span_str(detail);
	events_note(conn->worker, &e);
}
