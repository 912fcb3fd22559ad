/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_event.h"

#include "daemon/core/conn.h"
#include "daemon/core/events.h"

static void note(struct conn *conn, enum event_type type)
{
	struct event e;

	if (!events_wanted(type))
		return;
	e = (struct event){.type = type};
	conn_row_read(conn, &e.row);
	events_note(conn->worker, &e);
}

void conn_event_open(struct conn *conn)
{
	note(conn, EVENT_CONN_OPEN);
}

void conn_event_progress(struct conn *conn)
{
	note(conn, EVENT_CONN_PROGRESS);
}

void conn_event_close(struct conn *conn, const char *detail)
{
	struct event e;

	if (!events_wanted(EVENT_CONN_CLOSE))
		return;
	e = (struct event){.type = EVENT_CONN_CLOSE};
	conn_row_read(conn, &e.row);
	e.reason = span_str(end_reason_name(conn->reason));
	if (detail != NULL)
		e.detail = span_str(detail);
	events_note(conn->worker, &e);
}
