/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>

#include "daemon/core/conn.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/explain.h"
#include "daemon/core/flow.h"
#include "daemon/core/worker.h"

#define READ_SIZE (16u << 10)
#define READS_PER_EVENT 4

struct echo {
	struct buf held; /* read, and not yet taken back by the client */
	bool ended;      /* the client will say nothing more */
};

static void on_client(struct conn *conn, int events);

static void on_end(struct conn *conn)
{
	struct echo *echo = conn->handler;

	buf_fini(&echo->held);
}

static void broken(struct conn *conn)
{
	conn_end(conn, errno == EPROTO ? END_TLS_ERROR : END_CLIENT_RESET, NULL);
}

/* Writes what the client takes and keeps the rest. -1: the connection has ended. */
static int put(struct conn *conn, const uint8_t *bytes, size_t size)
{
	struct echo *echo = conn->handler;

	while (size > 0) {
		struct iovec iov = {(void *)bytes, size};
		ssize_t n = stream_write(conn->client.top, &iov, 1);

		if (n == -1 && errno != EAGAIN) {
			broken(conn);
			return -1;
		}
		if (n <= 0)
			break;
		conn_count_out(conn, (size_t)n);
		bytes += n;
		size -= (size_t)n;
	}
	buf_append(&echo->held, bytes, size);
	return 0;
}

/* Sends what is kept. Returns 1 when nothing is left here or in the streams; -1: ended. */
static int drain(struct conn *conn)
{
	struct echo *echo = conn->handler;
	struct buf held = echo->held;
	int rc = 0;

	echo->held = (struct buf){0};
	if (buf_len(&held) > 0)
		rc = put(conn, held.data + held.start, buf_len(&held));
	buf_fini(&held);
	if (rc == -1 || buf_len(&echo->held) > 0)
		return rc;
	if (stream_flush(conn->client.top) == 0)
		return 1;
	if (errno == EAGAIN)
		return 0;
	broken(conn);
	return -1;
}

/* One read. Returns whether another may bring something at once. */
static bool take(struct conn *conn)
{
	struct echo *echo = conn->handler;
	uint8_t *scratch = conn->worker->scratch;
	ssize_t n = stream_read(conn->client.top, scratch, READ_SIZE);

	if (n == -1) {
		if (errno != EAGAIN)
			broken(conn);
		return false;
	}
	if (n == 0) {
		echo->ended = true;
		return false;
	}
	conn_count_in(conn, (size_t)n);
	conn_touch(conn);
	return put(conn, scratch, (size_t)n) == 0 && buf_len(&echo->held) == 0;
}

/* All was sent back: our side ends as the client's has. */
static void finish(struct conn *conn)
{
	if (stream_shutdown(conn->client.top) == -1 && errno == EAGAIN)
		conn_wait(conn, EV_WRITE, on_client);
	else
		conn_end(conn, END_CLIENT_CLOSED, NULL);
}

static void run(struct conn *conn)
{
	struct echo *echo = conn->handler;
	int reads, clear = drain(conn);

	for (reads = 0; clear == 1 && !echo->ended && reads < READS_PER_EVENT && take(conn);
	     reads++)
		;
	if (!conn->ended)
		clear = drain(conn);
	if (conn->ended)
		return;
	if (clear == 0)
		conn_wait(conn, EV_WRITE, on_client);
	else if (echo->ended)
		finish(conn);
	else
		conn_wait(conn, EV_READ, on_client);
}

static void on_client(struct conn *conn, int events)
{
	(void)events;
	run(conn);
}

/* ---- a client that sends datagrams ---------------------------------------------------------- */

static void on_datagrams(struct conn *conn, int events)
{
	struct span datagram;

	(void)events;
	while (flow_look(conn->flow, 0, &datagram, 1) > 0) {
		flow_send(conn->flow, datagram);
		conn_count_in(conn, datagram.n);
		conn_count_out(conn, datagram.n);
		flow_take(conn->flow, 1);
	}
	conn_wait(conn, EV_READ, on_datagrams);
}

static enum handle_result handle(struct conn *conn, const void *params)
{
	(void)params;
	if (conn->flow != NULL) {
		on_datagrams(conn, 0);
		return HANDLE_DONE;
	}
	conn->handler = arena_alloc(conn->arena, sizeof(struct echo));
	conn->on_end = on_end;
	run(conn);
	return HANDLE_DONE;
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	dispenser_next(d);
	if (dispenser_none(d, err) == -1)
		return -1;
	return dispenser_no_block(d, err);
}

const struct handler_type handler_echo = {
    .name = "echo",
    .help = "sends back what the client sends, until it ends",
    .handle = handle,
    .explain = explain_terminal,
    .terminal = true,
    .adapt = adapt,
    .datagrams = true,
};
