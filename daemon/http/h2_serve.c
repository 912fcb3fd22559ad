/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/h2_serve.h"

#include <errno.h>

#include "daemon/core/conn.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/worker.h"
#include "daemon/http/h2_session.h"
#include "daemon/http/output.h"

#define OUT_HELD (64u << 10) /* is made at once; then the client has to take it */

struct serving {
	struct conn *conn;
	const struct http_server *server;
	struct h2_session *session;
	struct http_output out;
	bool has_read; /* in this round of the loop */
	bool idle;     /* there was no stream */
	struct h2_waits waits;
	ev_tstamp idle_since, received_at, sent_at;
};

static void run(struct serving *s);

static ev_tstamp now(const struct serving *s)
{
	return ev_now(s->conn->worker->loop);
}

static void on_end(struct conn *conn)
{
	struct serving *s = conn->handler;

	h2_session_free(s->session);
	buf_fini(&s->out.bytes);
}

/* ---- time ---------------------------------------------------------------------------------- */

/* Notes what the session has got on by since the last look. */
static void look(struct serving *s)
{
	struct h2_waits w = h2_session_waits(s->session);
	bool blocked = http_output_left(&s->out) > 0;

	if (w.received != s->waits.received || s->waits.request_since == 0)
		s->received_at = now(s);
	if (w.sent != s->waits.sent || (s->waits.answer_since == 0 && !blocked))
		s->sent_at = now(s);
	if (w.streams > 0)
		s->idle = false;
	else if (!s->idle) {
		s->idle = true;
		s->idle_since = now(s);
	}
	s->waits = w;
}

static void limit(ev_tstamp *deadline, ev_tstamp since, int64_t timeout)
{
	if (timeout > 0 && since + duration_seconds(timeout) < *deadline)
		*deadline = since + duration_seconds(timeout);
}

static ev_tstamp deadline(const struct serving *s)
{
	const struct http_server *server = s->server;
	const struct h2_waits *w = &s->waits;
	ev_tstamp at = now(s) + 1e6;

	if (s->idle)
		limit(&at, s->idle_since,
		    w->begun ? server->idle_timeout : server->read_header_timeout);
	if (w->head_since > 0)
		limit(&at, w->head_since, server->read_header_timeout);
	if (w->request_since > 0) {
		limit(&at, s->received_at, server->read_idle_timeout);
		limit(&at, w->request_since, server->read_timeout);
	}
	if (w->answer_since > 0 || http_output_left(&s->out) > 0)
		limit(&at, s->sent_at, server->write_idle_timeout);
	if (w->answer_since > 0)
		limit(&at, w->answer_since, server->write_timeout);
	return at;
}

static void on_timer(struct conn *conn)
{
	struct serving *s = conn->handler;
	ev_tstamp left = deadline(s) - now(s);

	if (left > 0) {
		conn_timer(conn, (int64_t)(left * 1e9) + 1, on_timer);
		return;
	}
	/* A client that waits with us for the next request is told; the others had their time. */
	if (s->idle) {
		h2_session_leave(s->session);
		if (h2_session_give(s->session, &s->out.bytes, OUT_HELD))
			(void)http_output_send(&s->out, conn);
	}
	conn_end(conn, END_IDLE_TIMEOUT, NULL);
}

/* The timer is only moved to be earlier. */
static void wait_for(struct serving *s, int events, void (*on_event)(struct conn *conn, int events))
{
	struct ev_loop *loop = s->conn->worker->loop;
	ev_tstamp left;

	look(s);
	left = deadline(s) - now(s);
	if (left < 0)
		left = 0;
	if (!ev_is_active(&s->conn->timer) || ev_timer_remaining(loop, &s->conn->timer) > left)
		conn_timer(s->conn, (int64_t)(left * 1e9) + 1, on_timer);
	conn_wait(s->conn, events, on_event);
}

/* ---- events -------------------------------------------------------------------------------- */

static void on_event(struct conn *conn, int events)
{
	struct serving *s = conn->handler;

	(void)events;
	s->has_read = false;
	run(s);
}

/* Sends all that there is to be sent. Returns whether it is gone; else waits, or has ended. */
static bool drain(struct serving *s)
{
	size_t before = http_output_left(&s->out);
	int rc = http_output_send(&s->out, s->conn);

	if (rc == -1) {
		conn_end(s->conn, END_CLIENT_RESET, NULL);
		return false;
	}
	if (rc == 1)
		return true;
	if (http_output_left(&s->out) < before)
		s->sent_at = now(s);
	wait_for(s, EV_WRITE, on_event);
	return false;
}

/* Reads, once in a round. Returns whether there is something new. */
static bool fill(struct serving *s)
{
	struct conn *conn = s->conn;
	ssize_t n;

	if (s->has_read) {
		wait_for(s, EV_READ, on_event);
		return false;
	}
	s->has_read = true;
	n = stream_read(conn->client.top, conn->worker->scratch, WORKER_SCRATCH);
	if (n == -1 && errno == EAGAIN) {
		wait_for(s, EV_READ, on_event);
		return false;
	}
	if (n <= 0) {
		conn_end(conn, n == 0 ? END_CLIENT_CLOSED : END_CLIENT_RESET, NULL);
		return false;
	}
	conn_count_in(conn, (size_t)n);
	conn_touch(conn);
	if (h2_session_take(s->session, span_of(conn->worker->scratch, (size_t)n), now(s)))
		return true;
	conn_end(conn, END_HTTP, "not HTTP/2");
	return false;
}

/* Goes on until it has to wait. */
static void run(struct serving *s)
{
	bool held;

	for (;;) {
		if (!http_serve_is_current(s->conn))
			h2_session_leave(s->session);
		if (!h2_session_give(s->session, &s->out.bytes, OUT_HELD)) {
			conn_end(s->conn, END_HTTP, "not HTTP/2");
			return;
		}
		held = http_output_left(&s->out) > 0;
		if (!drain(s))
			return;
		if (h2_session_is_over(s->session)) {
			http_output_linger(s->conn, s->server->write_idle_timeout);
			return;
		}
		look(s);
		if (!held && !fill(s))
			return;
	}
}

/* ---- the beginning and the end ------------------------------------------------------------- */

void h2_serve(struct conn *conn, const struct http_server *server)
{
	struct serving *s = arena_alloc(conn->arena, sizeof(*s));

	s->conn = conn;
	s->server = server;
	s->session = h2_session_new(server, &conn->facts);
	if (s->session == NULL) {
		conn_end(conn, END_HTTP, "no memory for a session");
		return;
	}
	conn->handler = s;
	conn->on_end = on_end;
	s->idle = true;
	s->idle_since = s->received_at = s->sent_at = now(s);
	run(s);
}

void h2_serve_leave(struct conn *conn)
{
	struct serving *s = conn->handler;

	if (conn->on_end != on_end || http_serve_is_current(conn) || h2_session_is_over(s->session))
		return;
	s->has_read = true;
	run(s);
}
