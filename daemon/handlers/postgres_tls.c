/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>

#include "daemon/core/conn.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/explain.h"
#include "daemon/wire/postgres.h"

#define TIMEOUT (10 * DURATION_S)
#define READ_SIZE 1024

/* Answers to a first message (PostgreSQL documentation, "SSL Session Encryption"). */
enum { ANSWER_TLS = 'S', ANSWER_NO = 'N' };

enum step { STEP_READ, STEP_WRITE, STEP_FLUSH };

struct state {
	enum step step;
	uint8_t answer;
	bool refused; /* GSSAPI encryption: a client asks for it once */
};

static void on_client(struct conn *conn, int events);

static enum handle_result fail(struct conn *conn, const char *why)
{
	conn_end(conn, END_PROTOCOL, why);
	return HANDLE_FAIL;
}

/* errno says what happened. */
static enum handle_result wait_or_fail(struct conn *conn, int events)
{
	if (errno != EAGAIN) {
		conn_end(conn, errno == EPROTO ? END_TLS_ERROR : END_CLIENT_RESET, NULL);
		return HANDLE_FAIL;
	}
	if (events == EV_READ)
		conn_wait_more(conn, on_client);
	else
		conn_wait(conn, events, on_client);
	return HANDLE_WAIT;
}

static void on_timeout(struct conn *conn)
{
	fail(conn, "no SSLRequest in time");
}

static void forget(struct conn *conn, size_t n)
{
	struct buf *ahead = &conn->client.top->ahead;

	buf_consume(ahead, n);
	if (buf_len(ahead) == 0)
		buf_fini(ahead);
}

/* Takes the request off the stream and chooses the answer. */
static enum handle_result take(
    struct conn *conn, struct state *s, const struct postgres_first *first)
{
	if (first->kind == POSTGRES_SSL_REQUEST) {
		s->answer = ANSWER_TLS;
	} else if (first->kind == POSTGRES_GSSENC_REQUEST && !s->refused) {
		s->answer = ANSWER_NO;
		s->refused = true;
	} else {
		return fail(conn, "a PostgreSQL client that does not ask for TLS");
	}
	forget(conn, first->length);
	s->step = STEP_WRITE;
	return HANDLE_NEXT;
}

static enum handle_result step_read(struct conn *conn, struct state *s)
{
	struct postgres_first first;
	ssize_t n;

	switch (postgres_parse(buf_span(&conn->client.top->ahead), &first)) {
	case WIRE_YES:
		return take(conn, s, &first);
	case WIRE_NO:
		return fail(conn, "not a PostgreSQL client");
	case WIRE_MORE:
		break;
	}
	n = stream_peek(conn->client.top, READ_SIZE);
	if (n == 0)
		return fail(conn, "the client ended before it asked for TLS");
	return n > 0 ? HANDLE_NEXT : wait_or_fail(conn, EV_READ);
}

static enum handle_result step_write(struct conn *conn, struct state *s)
{
	struct iovec iov = {&s->answer, 1};

	if (stream_write(conn->client.top, &iov, 1) == -1)
		return wait_or_fail(conn, EV_WRITE);
	conn_count_out(conn, 1);
	s->step = STEP_FLUSH;
	return HANDLE_NEXT;
}

static enum handle_result step_flush(struct conn *conn, struct state *s)
{
	if (stream_flush(conn->client.top) == -1)
		return wait_or_fail(conn, EV_WRITE);
	s->step = STEP_READ;
	return HANDLE_NEXT;
}

static enum handle_result run(struct conn *conn, struct state *s)
{
	enum handle_result result = HANDLE_NEXT;

	while (result == HANDLE_NEXT && !(s->answer == ANSWER_TLS && s->step == STEP_READ)) {
		switch (s->step) {
		case STEP_READ:
			result = step_read(conn, s);
			break;
		case STEP_WRITE:
			result = step_write(conn, s);
			break;
		case STEP_FLUSH:
			result = step_flush(conn, s);
			break;
		}
	}
	return result;
}

static void on_client(struct conn *conn, int events)
{
	enum handle_result result = run(conn, conn->handler);

	(void)events;
	if (result != HANDLE_NEXT)
		return;
	conn_wait(conn, 0, NULL);
	conn_timer_stop(conn);
	conn_resume(conn, result);
}

static enum handle_result handle(struct conn *conn, const void *params)
{
	enum handle_result result;

	(void)params;
	conn->handler = arena_alloc(conn->arena, sizeof(struct state));
	result = run(conn, conn->handler);
	if (result == HANDLE_WAIT)
		conn_timer(conn, TIMEOUT, on_timeout);
	return result;
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	dispenser_next(d);
	if (dispenser_none(d, err) == -1)
		return -1;
	return dispenser_no_block(d, err);
}

const struct handler_type handler_postgres_tls = {
    .name = "postgres_tls",
    .help = "says yes to a PostgreSQL client that asks for TLS; tls follows",
    .handle = handle,
    .explain = explain_opaque,
    .adapt = adapt,
};
