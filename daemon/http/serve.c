/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/conn.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/explain.h"
#include "daemon/core/instance.h"
#include "daemon/core/worker.h"
#include "daemon/http/access.h"
#include "daemon/http/h2_serve.h"
#include "daemon/http/output.h"
#include "daemon/net/sockets.h"
#include "daemon/wire/http1.h"

#define READ_SIZE 4096
#define HEADER_SLACK 4096         /* what the reference takes beyond max_header_bytes */
#define EXCHANGE_ARENA 2048       /* for an ordinary request and its answer */
#define OUT_HELD (64u << 10)      /* answers to pipelined requests that wait to be sent together */
#define COPIED_BODY 4096          /* longer constant bodies are sent from where they are */
#define SHORT_HEAD 1024           /* is read anew with every byte */
#define SKIPPED_BODY (256u << 10) /* of a request: rather than more the connection is ended */

/* What the connection waits for; decides how long. */
enum phase {
	PHASE_HEAD,  /* for the rest of a request's head */
	PHASE_IDLE,  /* for a request */
	PHASE_BODY,  /* for the rest of a body that nobody wants */
	PHASE_WRITE, /* for the client to take an answer */
};

struct session {
	struct conn *conn;
	const struct http_server *server;
	struct buf in;          /* read and not yet answered */
	size_t looked;          /* at so much of it, which is no whole head */
	struct http_output out; /* to be sent */
	struct http1_body body; /* of the last request, while skipping */
	uint64_t skipped;
	bool skipping;
	bool more;     /* there was a request before */
	bool last;     /* there will be no other: end after what is to be sent */
	bool aborted;  /* ... without ceremony */
	bool has_read; /* in this round of the loop */
	enum phase phase;
	ev_tstamp deadline;
	ev_tstamp request_start, answer_start; /* for the limits of a whole request and answer */
};

static void run(struct session *s);
static void on_timer(struct conn *conn);

/* ---- time ---------------------------------------------------------------------------------- */

static ev_tstamp now(const struct session *s)
{
	return ev_now(s->conn->worker->loop);
}

static int64_t patience(const struct session *s)
{
	switch (s->phase) {
	case PHASE_HEAD:
		return s->server->read_header_timeout;
	case PHASE_IDLE:
		break;
	case PHASE_BODY:
		return s->server->read_idle_timeout;
	case PHASE_WRITE:
		return s->server->write_idle_timeout;
	}
	return s->server->idle_timeout;
}

static void limit(ev_tstamp *deadline, ev_tstamp start, int64_t timeout)
{
	if (timeout > 0 && start > 0 && start + duration_seconds(timeout) < *deadline)
		*deadline = start + duration_seconds(timeout);
}

/*
 * Waits in phase, from now on (again where there was progress in the same one, but for a head: a
 * client that sends it byte by byte gains nothing). The timer is only moved to be earlier.
 */
static void wait_in(struct session *s, enum phase phase)
{
	struct ev_loop *loop = s->conn->worker->loop;
	ev_tstamp left;

	if (s->phase != phase || phase == PHASE_BODY || phase == PHASE_WRITE || s->deadline == 0) {
		s->phase = phase;
		s->deadline = now(s) + duration_seconds(patience(s));
	}
	if (phase == PHASE_HEAD || phase == PHASE_BODY)
		limit(&s->deadline, s->request_start, s->server->read_timeout);
	if (phase == PHASE_WRITE)
		limit(&s->deadline, s->answer_start, s->server->write_timeout);
	left = s->deadline - now(s);
	if (!ev_is_active(&s->conn->timer) || ev_timer_remaining(loop, &s->conn->timer) > left)
		conn_timer(s->conn, (int64_t)(left * 1e9), on_timer);
}

/* ---- ending -------------------------------------------------------------------------------- */

static void on_end(struct conn *conn)
{
	struct session *s = conn->handler;

	buf_fini(&s->in);
	buf_fini(&s->out.bytes);
}

bool http_serve_is_current(const struct conn *conn)
{
	const struct instance *in = conn->worker->instance;
	size_t i;

	if (conn->route == NULL || in == NULL)
		return true;
	for (i = 0; i < in->server_count; i++)
		if (in->servers[i]->routes.count > 0 &&
		    in->servers[i]->routes.items[0] == conn->route)
			return true;
	return false;
}

void http_serve_leave(struct worker *w)
{
	struct conn *conn;
	uint64_t id = 0;

	while ((conn = worker_conn_next(w, id)) != NULL) {
		const struct session *s = conn->handler;

		id = conn->facts.id;
		if (conn->on_end != on_end)
			h2_serve_leave(conn);
		else if (s->phase == PHASE_IDLE && !http_serve_is_current(conn))
			conn_end(conn, END_HTTP, "not served any more");
	}
}

/* ---- sending ------------------------------------------------------------------------------- */

static void on_event(struct conn *conn, int events)
{
	struct session *s = conn->handler;

	(void)events;
	s->has_read = false;
	run(s);
}

/* Sends what there is. Returns whether it is gone; else the connection waits, or has ended. */
static bool drain(struct session *s)
{
	switch (http_output_send(&s->out, s->conn)) {
	case 1:
		return true;
	case 0:
		wait_in(s, PHASE_WRITE);
		conn_wait(s->conn, EV_WRITE, on_event);
		return false;
	default:
		conn_end(s->conn, END_CLIENT_RESET, NULL);
		return false;
	}
}

static void linger(struct session *s)
{
	buf_fini(&s->in);
	http_output_linger(s->conn, s->server->write_idle_timeout);
}

/* ---- answering ----------------------------------------------------------------------------- */

static void put_answer(
    struct session *s, const struct http_response *response, const struct http1_form *form)
{
	s->answer_start = now(s);
	if (!http1_write_head(response, form, &s->out.bytes))
		return;
	if (response->const_body.n > COPIED_BODY)
		s->out.then = response->const_body;
	else
		buf_append(
		    &s->out.bytes, http_response_body(response).p, http_response_body(response).n);
}

/* To what is not a request. Nothing after it can be trusted to be one. */
static void refuse(struct session *s, unsigned status)
{
	struct arena *arena = arena_new(EXCHANGE_ARENA);
	struct http_response response = {0};
	struct http1_form form = {.minor = 1};

	http_fields_add(&response.fields, arena, span_str("Server"), span_str("pointsman"));
	http_response_error(&response, arena, status);
	put_answer(s, &response, &form);
	http_response_fini(&response);
	arena_free(arena);
	s->last = true;
}

unsigned http_serve_check(const struct http_server *server, const struct http_request *r)
{
	const struct fact *sni;

	if (r->host_port.n == 0 && (r->major > 1 || r->minor > 0))
		return 400;
	if (!server->strict_sni_host || !r->tls)
		return 0;
	sni = facts_get(&r->facts, "l4.tls.server_name");
	if (sni == NULL || !http1_equal(span_of(sni->value, sni->length), r->host))
		return 421;
	return 0;
}

static void answer(struct session *s, const struct http1_head *head)
{
	struct arena *arena = arena_new(EXCHANGE_ARENA);
	struct http_exchange x = {0};
	struct http1_form form = {.minor = head->minor};
	unsigned status;

	http_request_init(&x.request, arena, head, &s->conn->facts, s->server->tls);
	x.request.client = http_client_ip(&s->server->clients, &x.request);
	http_fields_add(&x.response.fields, arena, span_str("Server"), span_str("pointsman"));
	status = http_serve_check(s->server, &x.request);
	if (status != 0) {
		http_response_error(&x.response, arena, status);
		x.response.close = true;
	} else if (!span_eq_str(head->path, "*")) { /* which asks nothing of any resource */
		http_exchange_run(&s->server->routes, &x);
	}
	http_access_write(s->server->access, &x);
	/*
	 * A client that waits for a 100 may send its body or not, one that was allowed to CONNECT
	 * anything: nobody knows what comes next.
	 */
	form.keep_alive = head->keep_alive && !x.response.close && !head->expect_continue &&
			  !span_eq_str(head->method, "CONNECT") &&
			  head->content_length <= SKIPPED_BODY && http_serve_is_current(s->conn);
	form.head = span_eq_str(head->method, "HEAD");
	s->last = !form.keep_alive;
	s->aborted = x.response.abort;
	s->last = s->last || s->aborted;
	if (!s->aborted)
		put_answer(s, &x.response, &form);
	http_response_fini(&x.response);
	arena_free(arena);
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Takes what has come of the last request's body. Returns whether it is over. */
static bool skip_body(struct session *s)
{
	struct span bytes = buf_span(&s->in);
	size_t had = bytes.n;
	enum http1_body_result result = http1_body_skip(&s->body, &bytes);

	buf_consume(&s->in, had - bytes.n);
	s->skipped += had - bytes.n;
	s->skipping = result == HTTP1_BODY_MORE;
	if (!s->skipping)
		s->request_start = 0;
	/* It was answered already. */
	if (result == HTTP1_BODY_BAD || s->skipped > SKIPPED_BODY)
		s->last = true;
	return result == HTTP1_BODY_END;
}

/* Some old clients send an empty line after a body (RFC 9112 section 2.2). */
static void skip_empty_lines(struct session *s)
{
	struct span in = buf_span(&s->in);
	size_t n = 0;

	while (s->more && n < in.n && (in.p[n] == '\r' || in.p[n] == '\n'))
		n++;
	buf_consume(&s->in, n);
}

/*
 * Can a long head have become whole by what has come since the last look? Only by a line's end, of
 * which it has few: else one that comes byte by byte would cost its length for each.
 */
static bool may_be_whole(const struct session *s, size_t most)
{
	struct span in = buf_span(&s->in);

	return s->looked < SHORT_HEAD || in.n >= most ||
	       memchr(in.p + s->looked, '\n', in.n - s->looked) != NULL;
}

/* Answers one request, if it is there. Returns whether another one may be. */
static bool take_request(struct session *s)
{
	size_t most = (size_t)s->server->max_header_bytes + HEADER_SLACK;
	enum http1_result result = HTTP1_MORE;
	struct http1_head head;

	skip_empty_lines(s);
	if (buf_len(&s->in) == 0)
		return false;
	if (may_be_whole(s, most))
		result = http1_parse(buf_span(&s->in), most, &head);
	switch (result) {
	case HTTP1_MORE:
		s->looked = buf_len(&s->in);
		return false;
	case HTTP1_NO:
		refuse(s, 400);
		return false;
	case HTTP1_BAD:
		refuse(s, head.status);
		return false;
	case HTTP1_OK:
		break;
	}
	answer(s, &head);
	s->more = true;
	s->request_start = s->deadline = 0;
	s->looked = 0;
	s->body = http1_body_of(&head);
	s->skipping = true;
	s->skipped = 0;
	buf_consume(&s->in, head.length);
	return true;
}

/* Takes all that is in, while answers are short enough to be held. */
static void take_requests(struct session *s)
{
	while (!s->last && http_output_left(&s->out) < OUT_HELD && s->out.then.n == 0) {
		if (s->skipping && !skip_body(s))
			break;
		if (!take_request(s))
			break;
	}
	if (buf_len(&s->in) == 0)
		buf_fini(&s->in);
}

static void wait_request(struct session *s)
{
	if (!s->skipping && buf_len(&s->in) == 0)
		s->request_start = 0;
	else if (s->request_start == 0)
		s->request_start = now(s);
	if (s->skipping)
		wait_in(s, PHASE_BODY);
	else
		wait_in(s, s->more && buf_len(&s->in) == 0 ? PHASE_IDLE : PHASE_HEAD);
	conn_wait(s->conn, EV_READ, on_event);
}

/* Reads, once in a round. Returns whether there is something new. */
static bool fill(struct session *s)
{
	struct conn *conn = s->conn;
	ssize_t n;

	if (s->has_read) {
		wait_request(s);
		return false;
	}
	s->has_read = true;
	n = stream_read(conn->client.top, buf_reserve(&s->in, READ_SIZE), READ_SIZE);
	if (n > 0) {
		buf_commit(&s->in, (size_t)n);
		conn_count_in(conn, (size_t)n);
		conn_touch(conn);
		return true;
	}
	if (buf_len(&s->in) == 0)
		buf_fini(&s->in);
	if (n == -1 && errno == EAGAIN)
		wait_request(s);
	else
		conn_end(conn, n == 0 ? END_CLIENT_CLOSED : END_CLIENT_RESET, NULL);
	return false;
}

/* Goes on until it has to wait. */
static void run(struct session *s)
{
	bool held;

	for (;;) {
		take_requests(s);
		held = http_output_left(&s->out) > 0;
		if (!drain(s))
			return;
		if (s->aborted)
			conn_end(s->conn, END_HTTP, "aborted");
		else if (s->last)
			linger(s);
		if (s->last || (!held && !fill(s)))
			return;
	}
}

static void on_timer(struct conn *conn)
{
	struct session *s = conn->handler;

	if (now(s) < s->deadline) {
		wait_in(s, s->phase);
		return;
	}
	switch (s->phase) {
	case PHASE_HEAD:
		if (buf_len(&s->in) == 0)
			break;
		refuse(s, 408);
		on_event(conn, 0);
		return;
	default:
		break;
	}
	conn_end(conn, END_IDLE_TIMEOUT, NULL);
}

/* ---- the handler --------------------------------------------------------------------------- */

static bool speaks_http2(const struct conn *conn)
{
	const struct fact *alpn = facts_get(&conn->facts, "l4.tls.proto");

	return alpn != NULL && span_eq_str(span_of(alpn->value, alpn->length), "h2");
}

static void serve(struct conn *conn, const struct http_server *server)
{
	struct session *s = arena_alloc(conn->arena, sizeof(*s));

	s->conn = conn;
	s->server = server;
	conn->handler = s;
	conn->on_end = on_end;
	run(s);
}

static enum handle_result handle(struct conn *conn, const void *params)
{
	const struct http_server *server = params;

	conn->state = "http";
	conn_timer_stop(conn);
	sockets_set_keepalive(conn->client.io.fd, &server->keepalive);
	if (speaks_http2(conn))
		h2_serve(conn, server);
	else
		serve(conn, server);
	return HANDLE_DONE;
}

const struct handler_type handler_http = {
    .name = "http",
    .help = "serves HTTP requests",
    .params_size = sizeof(struct http_server),
    .handle = handle,
    .explain = explain_terminal,
    .internal = true,
};
