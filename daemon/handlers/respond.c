/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "daemon/core/conn.h"
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
};

struct respond {
	struct buf text; /* not yet taken by the client */
	bool shut;       /* all was sent, and our side has ended */
};

static const struct field fields[] = {
    FIELD_STRING(struct params, body, "body", FIELD_PLACEHOLDERS | FIELD_ENV, "the text"),
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
		conn->bytes_in += (size_t)n;
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
		conn->bytes_out += (size_t)n;
		buf_consume(&r->text, (size_t)n);
	}
	if (stream_flush(top) == -1 || stream_shutdown(top) == -1)
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
		conn_timer(conn, LINGER, on_timer);
		on_linger(conn, 0);
		break;
	default:
		conn_end(conn, END_CLIENT_RESET, NULL);
		break;
	}
}

static enum handle_result handle(struct conn *conn, const void *p)
{
	const struct params *params = p;
	struct respond *r = arena_alloc(conn->arena, sizeof(*r));

	template_expand(params->template, &conn->facts, &r->text);
	conn->handler = r;
	conn->on_end = on_end;
	conn_timer(conn, WRITE_TIMEOUT, on_timer);
	on_writable(conn, 0);
	return HANDLE_DONE;
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	const char *body;

	dispenser_next(d);
	if (dispenser_one(d, &body, err) == -1)
		return -1;
	if (body[0] != '\0')
		json_object_set_new(out, "body", json_string(body));
	return dispenser_no_block(d, err);
}

const struct handler_type handler_respond = {
    .name = "respond",
    .help = "writes a text and ends the connection",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load,
    .handle = handle,
    .adapt = adapt,
};
