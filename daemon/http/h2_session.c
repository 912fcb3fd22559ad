/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/h2_session.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include <nghttp2/nghttp2.h>

#include "daemon/http/h2_stream.h"

#define HEADER_SLACK 4096         /* what the reference takes beyond max_header_bytes */
#define SKIPPED_BODY (256u << 10) /* of a request: beyond it nobody waits for its end */
#define ACKS_MAX 100              /* to be sent, of PING and SETTINGS */

/*
 * Frames that are work for us and none for the client (CVE-2019-9512, 9514, 9515, 9518 and
 * 2023-44487): so many at once, and so many a second, then it is told to be calm.
 */
#define STRIKES_MAX 500.
#define STRIKES_FORGIVEN 33.

struct h2_session {
	nghttp2_session *nghttp2;
	const struct http_server *server;
	const struct facts *facts;
	struct h2_stream *streams; /* the oldest first */
	size_t count;
	bool begun, leaving;
	ev_tstamp now;
	double strikes;
	ev_tstamp forgiven; /* when strikes was counted down last */
	uint64_t received, sent;
};

/* Bytes of a head. */
static size_t head_most(const struct h2_session *s)
{
	return (size_t)s->server->max_header_bytes + HEADER_SLACK;
}

/* ---- strikes ------------------------------------------------------------------------------- */

static void strike(struct h2_session *s)
{
	s->strikes -= (s->now - s->forgiven) * STRIKES_FORGIVEN;
	s->forgiven = s->now;
	s->strikes = s->strikes > 0 ? s->strikes + 1 : 1;
	if (s->strikes > STRIKES_MAX)
		nghttp2_session_terminate_session(s->nghttp2, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* ---- streams ------------------------------------------------------------------------------- */

static struct h2_stream *find(const struct h2_session *s, int32_t id)
{
	return nghttp2_session_get_stream_user_data(s->nghttp2, id);
}

static void stream_begin(struct h2_session *s, int32_t id)
{
	struct h2_stream *t = h2_stream_new(id, s->now);

	DL_APPEND(s->streams, t);
	s->count++;
	nghttp2_session_set_stream_user_data(s->nghttp2, id, t);
}

static void stream_end(struct h2_session *s, struct h2_stream *t)
{
	DL_DELETE(s->streams, t);
	s->count--;
	h2_stream_free(t);
}

/* ---- the answer ---------------------------------------------------------------------------- */

static ssize_t read_body(nghttp2_session *nghttp2, int32_t id, uint8_t *out, size_t most,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2_stream *t = source->ptr;
	struct h2_session *s = arg;
	struct span part;

	(void)nghttp2;
	(void)id;
	span_take(&t->body, most < t->body.n ? most : t->body.n, &part);
	memcpy(out, part.p, part.n);
	s->sent += part.n;
	if (t->body.n == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)part.n;
}

static void submit(struct h2_session *s, struct h2_stream *t)
{
	nghttp2_data_provider body = {.source.ptr = t, .read_callback = read_body};
	const struct http_interim *interim = t->exchange.response.interim;
	struct h2_fields fields;
	bool has_body;

	for (; interim != NULL; interim = interim->next) {
		h2_stream_interim(t, interim, &fields);
		nghttp2_submit_headers(
		    s->nghttp2, NGHTTP2_FLAG_NONE, t->id, NULL, fields.items, fields.count, NULL);
	}
	has_body = h2_stream_answer(t, &fields);
	nghttp2_submit_response(
	    s->nghttp2, t->id, fields.items, fields.count, has_body ? &body : NULL);
	h2_stream_settle(t);
}

static void answer(struct h2_session *s, struct h2_stream *t)
{
	if (t->answered)
		return;
	t->answered = s->begun = true;
	t->answer_since = s->now;
	h2_stream_run(t, s->server, s->facts);
	if (t->exchange.response.abort)
		nghttp2_submit_rst_stream(
		    s->nghttp2, NGHTTP2_FLAG_NONE, t->id, NGHTTP2_INTERNAL_ERROR);
	else
		submit(s, t);
	if (t->exchange.response.close)
		h2_session_leave(s);
}

/* ---- what nghttp2 tells -------------------------------------------------------------------- */

static bool is_request(const nghttp2_frame *frame)
{
	return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int on_begin_headers(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *arg)
{
	(void)nghttp2;
	if (is_request(frame))
		stream_begin(arg, frame->hd.stream_id);
	return 0;
}

static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2_session *s = arg;
	struct h2_stream *t = is_request(frame) ? find(s, frame->hd.stream_id) : NULL;

	(void)nghttp2;
	(void)flags;
	if (t != NULL)
		h2_stream_add(t, span_of(name, name_n), span_of(value, value_n), head_most(s));
	return 0;
}

/* A head, perhaps a request's end. A client that waits for a 100 gets its answer instead. */
static void on_request_frame(struct h2_session *s, const nghttp2_frame *frame)
{
	struct h2_stream *t = find(s, frame->hd.stream_id);
	struct span expect;

	if (t == NULL)
		return;
	if (is_request(frame)) {
		t->head_done = true;
		s->received++;
	}
	t->complete = t->complete || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
	if (t->complete || t->too_large ||
	    http_fields_find(&t->fields, span_str("expect"), &expect))
		answer(s, t);
	else if (frame->hd.type == NGHTTP2_DATA && frame->hd.length == 0)
		strike(s);
}

static int on_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *arg)
{
	(void)nghttp2;
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		on_request_frame(arg, frame);
		break;
	case NGHTTP2_PRIORITY:
	case NGHTTP2_RST_STREAM:
	case NGHTTP2_SETTINGS:
	case NGHTTP2_PING:
		strike(arg);
		break;
	default:
		break;
	}
	return 0;
}

static int on_invalid_frame(
    nghttp2_session *nghttp2, const nghttp2_frame *frame, int code, void *arg)
{
	(void)nghttp2;
	(void)frame;
	(void)code;
	strike(arg);
	return 0;
}

static int on_data(
    nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *data, size_t n, void *arg)
{
	struct h2_session *s = arg;
	struct h2_stream *t = find(s, id);

	(void)nghttp2;
	(void)flags;
	(void)data;
	if (t == NULL)
		return 0;
	t->skipped += n;
	s->received += n;
	if (t->skipped > SKIPPED_BODY)
		answer(s, t);
	return 0;
}

/* Whose answer is out before its request is: the rest is not wanted (RFC 9113 section 8.1). */
static int on_sent(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *arg)
{
	struct h2_stream *t;

	if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
	    !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	t = find(arg, frame->hd.stream_id);
	if (t != NULL && !t->complete)
		nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, t->id, NGHTTP2_NO_ERROR);
	return 0;
}

static int on_close(nghttp2_session *nghttp2, int32_t id, uint32_t code, void *arg)
{
	struct h2_stream *t = find(arg, id);

	(void)nghttp2;
	(void)code;
	if (t != NULL)
		stream_end(arg, t);
	return 0;
}

/* ---- the session --------------------------------------------------------------------------- */

static nghttp2_session_callbacks *new_callbacks(void)
{
	nghttp2_session_callbacks *c;

	if (nghttp2_session_callbacks_new(&c) != 0)
		return NULL;
	nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(c, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(c, on_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(c, on_close);
	return c;
}

static int new_nghttp2(struct h2_session *s)
{
	nghttp2_session_callbacks *callbacks = new_callbacks();
	nghttp2_option *option = NULL;
	int rc = -1;

	if (callbacks != NULL && nghttp2_option_new(&option) == 0) {
		nghttp2_option_set_no_closed_streams(option, 1);
		nghttp2_option_set_max_outbound_ack(option, ACKS_MAX);
		rc = nghttp2_session_server_new2(&s->nghttp2, callbacks, s, option);
	}
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	return rc;
}

static int submit_settings(struct h2_session *s)
{
	nghttp2_settings_entry settings[] = {
	    {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)head_most(s)},
	};

	return nghttp2_submit_settings(
	    s->nghttp2, NGHTTP2_FLAG_NONE, settings, sizeof(settings) / sizeof(*settings));
}

struct h2_session *h2_session_new(const struct http_server *server, const struct facts *facts)
{
	struct h2_session *s = mem_zalloc(sizeof(*s));

	s->server = server;
	s->facts = facts;
	if (new_nghttp2(s) == 0 && submit_settings(s) == 0)
		return s;
	h2_session_free(s);
	return NULL;
}

void h2_session_free(struct h2_session *s)
{
	nghttp2_session_del(s->nghttp2);
	while (s->streams != NULL)
		stream_end(s, s->streams);
	free(s);
}

bool h2_session_take(struct h2_session *s, struct span bytes, ev_tstamp now)
{
	s->now = now;
	return nghttp2_session_mem_recv(s->nghttp2, bytes.p, bytes.n) == (ssize_t)bytes.n;
}

bool h2_session_give(struct h2_session *s, struct buf *out, size_t most)
{
	const uint8_t *data;
	ssize_t n;

	while (buf_len(out) < most) {
		n = nghttp2_session_mem_send(s->nghttp2, &data);
		if (n <= 0)
			return n == 0;
		buf_append(out, data, (size_t)n);
	}
	return true;
}

void h2_session_leave(struct h2_session *s)
{
	if (s->leaving)
		return;
	s->leaving = true;
	nghttp2_submit_goaway(s->nghttp2, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(s->nghttp2), NGHTTP2_NO_ERROR, NULL, 0);
}

bool h2_session_is_over(const struct h2_session *s)
{
	return !nghttp2_session_want_read(s->nghttp2) && !nghttp2_session_want_write(s->nghttp2);
}

static void note_oldest(ev_tstamp *oldest, ev_tstamp since)
{
	if (*oldest == 0 || since < *oldest)
		*oldest = since;
}

struct h2_waits h2_session_waits(const struct h2_session *s)
{
	struct h2_waits w = {
	    .streams = s->count,
	    .begun = s->begun,
	    .received = s->received,
	    .sent = s->sent,
	};
	const struct h2_stream *t;

	DL_FOREACH (s->streams, t) {
		if (t->answered)
			note_oldest(&w.answer_since, t->answer_since);
		else
			note_oldest(&w.request_since, t->since);
		if (!t->head_done)
			note_oldest(&w.head_since, t->since);
	}
	return w;
}
