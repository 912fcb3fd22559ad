/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "daemon/core/conn.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/explain.h"
#include "daemon/core/flow.h"
#include "daemon/core/load.h"
#include "daemon/core/replacer.h"
#include "daemon/core/worker.h"

#define WRITE_TIMEOUT (10 * DURATION_S)
/* Closing with bytes unread makes a reset, which may destroy the text on its way. */
#define LINGER (1 * DURATION_S)
#define READ_SIZE (16u << 10)
#define READS_PER_EVENT 4

struct params {
	const char *body;
	struct template *template;
	bool keep_open;
};

struct respond {
	const struct params *params;
	struct buf text; /* not yet taken by the client */
	bool shut;       /* all was sent, and our side has ended */
};

static const struct field fields[] = {
    FIELD_STRING(struct params, body, "body", FIELD_PLACEHOLDERS | FIELD_ENV, "the text"),
    FIELD_BOOL(struct params, keep_open, "keep_open", 0,
	"leave the connection open, and forget what the client says, until it ends it"),
    FIELD_END,
};

static int load(struct load *load, const struct jnode *node, void *p, struct error *err)
{
	struct params *params = p;

	(void)node;
	(void)err;
	params->template = template_new(load->arena, params->body != NULL ? params->body : "");
	return 0;
}

static void on_end(struct conn *conn)
{
	struct respond *r = conn->handler;

	buf_fini(&r->text);
}

static void on_timer(struct conn *conn)
{
	struct respond *r = conn->handler;

	conn_end(conn, END_HANDLER_DONE, r->shut ? NULL : "the client did not take the text");
}

/* Reads and forgets what the client says, until it ends. */
static void on_linger(struct conn *conn, int events)
{
	int reads;

	(void)events;
	for (reads = 0; reads < READS_PER_EVENT; reads++) {
		ssize_t n = stream_read(conn->client.top, conn->worker->scratch, READ_SIZE);

		if (n == -1 && errno == EAGAIN)
			break;
		if (n <= 0) {
			conn_end(conn, END_HANDLER_DONE, NULL);
			return;
		}
		conn_count_in(conn, (size_t)n);
	}
	conn_wait(conn, EV_READ, on_linger);
}

/* Sends what it can. 1: all was taken; 0: wait; -1: the client is gone. */
static int send_text(struct conn *conn)
{
	struct respond *r = conn->handler;
	struct stream *top = conn->client.top;

	while (buf_len(&r->text) > 0) {
		struct span left = buf_span(&r->text);
		struct iovec iov = {(void *)left.p, left.n};
		ssize_t n = stream_write(top, &iov, 1);

		if (n <= 0)
			return n == -1 && errno != EAGAIN ? -1 : 0;
		conn_count_out(conn, (size_t)n);
		buf_consume(&r->text, (size_t)n);
	}
	if (stream_flush(top) == -1 || (!r->params->keep_open && stream_shutdown(top) == -1))
		return errno == EAGAIN ? 0 : -1;
	return 1;
}

static void on_writable(struct conn *conn, int events)
{
	struct respond *r = conn->handler;

	(void)events;
	switch (send_text(conn)) {
	case 0:
		conn_wait(conn, EV_WRITE, on_writable);
		break;
	case 1:
		r->shut = true;
		if (r->params->keep_open)
			conn_timer_stop(conn);
		else
			conn_timer(conn, LINGER, on_timer);
		on_linger(conn, 0);
		break;
	default:
		conn_end(conn, END_CLIENT_RESET, NULL);
		break;
	}
}

/* ---- a client that sends datagrams ---------------------------------------------------------- */

static void on_datagrams(struct conn *conn, int events)
{
	struct span datagram;

	(void)events;
	while (flow_look(conn->flow, 0, &datagram, 1) > 0) {
		conn_count_in(conn, datagram.n);
		flow_take(conn->flow, 1);
	}
	conn_wait(conn, EV_READ, on_datagrams);
}

/* The text is one datagram, too. What comes after the end is a new connection. */
static void answer_datagram(struct conn *conn, const struct params *params)
{
	struct buf text = {0};

	template_expand(params->template, &conn->facts, &text);
	flow_send(conn->flow, buf_span(&text));
	conn_count_out(conn, buf_len(&text));
	buf_fini(&text);
	on_datagrams(conn, 0);
	if (!params->keep_open)
		conn_end(conn, END_HANDLER_DONE, NULL);
}

static enum handle_result handle(struct conn *conn, const void *p)
{
	const struct params *params = p;
	struct respond *r;

	if (conn->flow != NULL) {
		answer_datagram(conn, params);
		return HANDLE_DONE;
	}
	r = arena_alloc(conn->arena, sizeof(*r));
	template_expand(params->template, &conn->facts, &r->text);
	r->params = params;
	conn->handler = r;
	conn->on_end = on_end;
	conn_timer(conn, WRITE_TIMEOUT, on_timer);
	on_writable(conn, 0);
	return HANDLE_DONE;
}

static int adapt_option(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const known[] = {"keep_open", NULL};

	if (strcmp(dispenser_text(d), "keep_open") != 0)
		return dispenser_unknown(d, "respond option", known, err);
	if (dispenser_none(d, err) == -1)
		return -1;
	return dispenser_set(d, out, "keep_open", json_true(), err);
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	const char *body;
	int level;

	dispenser_next(d);
	level = d->nesting;
	if (dispenser_one(d, &body, err) == -1)
		return -1;
	if (body[0] != '\0')
		json_object_set_new(out, "body", json_string(body));
	while (dispenser_next_block(d, level))
		if (adapt_option(d, out, err) == -1)
			return -1;
	return 0;
}

const struct handler_type handler_respond = {
    .name = "respond",
    .help = "writes a text and ends the connection",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load,
    .handle = handle,
    .explain = explain_terminal,
    .terminal = true,
    .adapt = adapt,
    .datagrams = true,
};
