/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/output.h"

#include <errno.h>

#include "common/duration.h"
#include "daemon/core/conn.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/worker.h"

#define LINGER (2 * DURATION_S)

/* ---- sending ------------------------------------------------------------------------------- */

static void sent(struct http_output *o, struct conn *conn, size_t n)
{
	size_t head = buf_len(&o->bytes) < n ? buf_len(&o->bytes) : n;

	conn_count_out(conn, n);
	conn_touch(conn);
	buf_consume(&o->bytes, head);
	span_skip(&o->then, n - head);
	if (http_output_left(o) == 0)
		buf_fini(&o->bytes);
}

static ssize_t write_some(const struct http_output *o, struct stream *top)
{
	struct span head = buf_span(&o->bytes);
	struct iovec iov[2] = {{(void *)head.p, head.n}, {(void *)o->then.p, o->then.n}};
	bool first = head.n > 0;

	return stream_write(top, first ? iov : iov + 1, first && o->then.n > 0 ? 2 : 1);
}

int http_output_send(struct http_output *o, struct conn *conn)
{
	struct stream *top = conn->client.top;
	bool flushed = false;
	ssize_t n;

	while (http_output_left(o) > 0) {
		n = write_some(o, top);
		if (n > 0) {
			sent(o, conn, (size_t)n);
			flushed = false;
			continue;
		}
		if (n == -1 && errno != EAGAIN)
			return -1;
		if (flushed || stream_flush(top) == -1)
			return errno == EAGAIN ? 0 : -1;
		flushed = true; /* it holds nothing back: one more try tells whether it is full */
	}
	if (stream_flush(top) == 0)
		return 1;
	return errno == EAGAIN ? 0 : -1;
}

/* ---- lingering ----------------------------------------------------------------------------- */

static void on_end_of_patience(struct conn *conn)
{
	conn_end(conn, END_IDLE_TIMEOUT, NULL);
}

static void on_end_of_linger(struct conn *conn)
{
	conn_end(conn, END_HTTP, NULL);
}

static void on_bytes(struct conn *conn, int events)
{
	ssize_t n = stream_read(conn->client.top, conn->worker->scratch, WORKER_SCRATCH);

	(void)events;
	if (n == 0 || (n == -1 && errno != EAGAIN))
		conn_end(conn, END_HTTP, NULL);
	else
		conn_wait(conn, EV_READ, on_bytes);
}

static void shut(struct conn *conn, int events)
{
	(void)events;
	if (stream_shutdown(conn->client.top) == 0) {
		conn_timer(conn, LINGER, on_end_of_linger);
		conn_wait(conn, EV_READ, on_bytes);
	} else if (errno == EAGAIN) {
		conn_wait(conn, EV_WRITE, shut);
	} else {
		conn_end(conn, END_HTTP, NULL);
	}
}

void http_output_linger(struct conn *conn, int64_t patience)
{
	conn_timer(conn, patience, on_end_of_patience);
	shut(conn, 0);
}
