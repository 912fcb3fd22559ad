/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/h2_session.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include <nghttp2/nghttp2.h>

#include "daemon/http/handler.h"
#include "daemon/wire/http1.h"

#define HEADER_SLACK 4096         /* what the reference takes beyond max_header_bytes */
#define FIELD_COST 32             /* of a field, RFC 9113 section 6.5.2 */
#define EXCHANGE_ARENA 2048       /* for an ordinary request and its answer */
#define SKIPPED_BODY (256u << 10) /* of a request: beyond it nobody waits for its end */
#define ACKS_MAX 100              /* to be sent, of PING and SETTINGS */

/*
 * Frames that are work for us and none for the client (CVE-2019-9512, 9514, 9515, 9518 and
 * 2023-44487): so many at once, and so many a second, then it is told to be calm.
 */
#define STRIKES_MAX 500.
#define STRIKES_FORGIVEN 33.

struct stream {
	struct stream *prev, *next;
	int32_t id;
	struct arena *arena; /* for all that is below */
	struct http2_head head;
	struct http_fields fields;
	size_t size;      /* of the head, as it counts */
	size_t skipped;   /* of the body */
	bool too_large;   /* the head */
	bool head_done;   /* it is complete */
	bool complete;    /* nothing more comes of the request */
	bool answered;    /* ... or of the answer, but what is left of its body */
	struct span body; /* what is left */
	struct http_exchange exchange;
	ev_tstamp since, answer_since;
};

struct h2_session {
	nghttp2_session *nghttp2;
	const struct http_server *server;
	const struct facts *facts;
	struct stream *streams; /* the oldest first */
	size_t count;
	bool begun, leaving;
	ev_tstamp now;
	double strikes;
	ev_tstamp forgiven; /* when strikes was counted down last */
	uint64_t received, sent;
};

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

static struct stream *find(const struct h2_session *s, int32_t id)
{
	return nghttp2_session_get_stream_user_data(s->nghttp2, id);
}

static void stream_new(struct h2_session *s, int32_t id)
{
	struct stream *t = mem_zalloc(sizeof(*t));

	t->id = id;
	t->arena = arena_new(EXCHANGE_ARENA);
	t->since = s->now;
	DL_APPEND(s->streams, t);
	s->count++;
	nghttp2_session_set_stream_user_data(s->nghttp2, id, t);
}

static void stream_free(struct h2_session *s, struct stream *t)
{
	DL_DELETE(s->streams, t);
	s->count--;
	http_response_fini(&t->exchange.response);
	arena_free(t->arena);
	free(t);
}

/* ---- the request --------------------------------------------------------------------------- */

static struct span copy(struct stream *t, const uint8_t *p, size_t n)
{
	return span_of((const uint8_t *)arena_strndup(t->arena, (const char *)p, n), n);
}

static void add_pseudo(struct stream *t, struct span name, struct span value)
{
	if (span_eq_str(name, ":method"))
		t->head.method = value;
	else if (span_eq_str(name, ":scheme"))
		t->head.scheme = value;
	else if (span_eq_str(name, ":authority"))
		t->head.authority = value;
	else if (span_eq_str(name, ":path"))
		t->head.path = value;
}

static void add_field(
    const struct h2_session *s, struct stream *t, struct span name, struct span value)
{
	t->size += name.n + value.n + FIELD_COST;
	if (t->size > (size_t)s->server->max_header_bytes + HEADER_SLACK) {
		t->too_large = true;
		return;
	}
	value = copy(t, value.p, value.n);
	if (name.n > 0 && name.p[0] == ':')
		add_pseudo(t, name, value);
	else
		http_fields_add(&t->fields, t->arena, copy(t, name.p, name.n), value);
}

/* A client may send each of its cookies as a field (RFC 9113 section 8.2.3). */
static void join_cookies(struct stream *t)
{
	struct http_field *first = NULL;
	struct buf all = {0};
	size_t i, kept = 0;

	for (i = 0; i < t->fields.count; i++) {
		struct http_field *field = &t->fields.items[i];

		if (!span_eq_str(field->name, "cookie")) {
			t->fields.items[kept++] = *field;
			continue;
		}
		if (buf_len(&all) > 0)
			buf_append_str(&all, "; ");
		buf_append(&all, field->value.p, field->value.n);
		if (first == NULL) {
			first = &t->fields.items[kept];
			t->fields.items[kept++] = *field;
		}
	}
	t->fields.count = kept;
	if (first != NULL)
		first->value = copy(t, buf_span(&all).p, buf_len(&all));
	buf_fini(&all);
}

/* ":authority" and Host say the same thing, once or twice. */
static bool settle_host(struct stream *t)
{
	struct span host;
	bool named = http_fields_find(&t->fields, span_str("host"), &host);

	if (t->head.authority.n == 0 && named)
		t->head.authority = host;
	else if (named && !http1_equal(host, t->head.authority))
		return false;
	return http1_is_host(t->head.authority);
}

/* 0, or the status to refuse it with. */
static unsigned check_head(struct stream *t)
{
	struct span path, query;
	bool has_query;

	if (t->too_large)
		return 431;
	if (!settle_host(t))
		return 400;
	if (span_eq_str(t->head.method, "CONNECT"))
		return 405;
	if (!span_eq_str(t->head.path, "*") &&
	    !http1_split_path(t->head.path, &path, &query, &has_query))
		return 400;
	return 0;
}

/* ---- the answer ---------------------------------------------------------------------------- */

#define HEADERS_MAX 256

struct headers {
	nghttp2_nv items[HEADERS_MAX];
	size_t count;
};

static void put(struct headers *h, struct span name, struct span value)
{
	if (h->count == HEADERS_MAX)
		return;
	h->items[h->count++] = (nghttp2_nv){
	    .name = (uint8_t *)name.p,
	    .namelen = name.n,
	    .value = (uint8_t *)value.p,
	    .valuelen = value.n,
	};
}

/* Fields of a connection, which HTTP/2 does not have (RFC 9113 section 8.2.2). */
static bool is_of_connection(struct span name)
{
	static const char *const names[] = {"Keep-Alive", "Proxy-Connection", "Upgrade"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (http1_equal(name, span_str(names[i])))
			return true;
	return http_field_is_framing(name);
}

/* Status and fields; nghttp2 writes names in lower case. Returns whether there was a Date. */
static bool put_fields(
    struct headers *h, struct arena *arena, unsigned status, const struct http_fields *fields)
{
	bool dated = false;
	size_t i;

	put(h, span_str(":status"), span_str(arena_printf(arena, "%03u", status)));
	for (i = 0; i < fields->count; i++) {
		const struct http_field *field = &fields->items[i];

		if (!http1_is_token(field->name) || is_of_connection(field->name))
			continue;
		dated = dated || http1_equal(field->name, span_str("Date"));
		put(h, field->name, http_field_value(arena, field->value));
	}
	return dated;
}

static ssize_t read_body(nghttp2_session *nghttp2, int32_t id, uint8_t *out, size_t most,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct stream *t = source->ptr;
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

static void submit_interim(
    struct h2_session *s, struct stream *t, const struct http_interim *interim)
{
	struct headers h = {.count = 0};

	for (; interim != NULL; interim = interim->next) {
		h.count = 0;
		put_fields(&h, t->arena, interim->status, &interim->fields);
		nghttp2_submit_headers(
		    s->nghttp2, NGHTTP2_FLAG_NONE, t->id, NULL, h.items, h.count, NULL);
	}
}

static void submit(struct h2_session *s, struct stream *t, bool head)
{
	const struct http_response *r = &t->exchange.response;
	unsigned status = r->status != 0 ? r->status : 200;
	nghttp2_data_provider body = {.source.ptr = t, .read_callback = read_body};
	struct headers h = {.count = 0};
	struct span all = http_response_body(r);
	bool has_body = http_status_has_body(status);

	submit_interim(s, t, r->interim);
	if (!put_fields(&h, t->arena, status, &r->fields))
		put(&h, span_str("date"), span_str(http_date()));
	if (has_body)
		put(&h, span_str("content-length"), span_str(arena_printf(t->arena, "%zu", all.n)));
	has_body = has_body && !head && all.n > 0;
	t->body = has_body ? all : span_of(NULL, 0);
	nghttp2_submit_response(s->nghttp2, t->id, h.items, h.count, has_body ? &body : NULL);
}

static void run_routes(struct h2_session *s, struct stream *t)
{
	struct http_exchange *x = &t->exchange;
	unsigned status = check_head(t);

	join_cookies(t);
	http_request_init2(&x->request, t->arena, &t->head, s->facts, s->server->tls);
	x->request.fields = t->fields;
	http_fields_add(&x->response.fields, t->arena, span_str("server"), span_str("pointsman"));
	if (status == 0)
		status = http_serve_check(s->server, &x->request);
	if (status != 0)
		http_response_error(&x->response, t->arena, status);
	else if (!span_eq_str(t->head.path, "*")) /* which asks nothing of any resource */
		http_exchange_run(&s->server->routes, x);
}

static void answer(struct h2_session *s, struct stream *t)
{
	if (t->answered)
		return;
	t->answered = s->begun = true;
	t->answer_since = s->now;
	run_routes(s, t);
	if (t->exchange.response.abort)
		nghttp2_submit_rst_stream(
		    s->nghttp2, NGHTTP2_FLAG_NONE, t->id, NGHTTP2_INTERNAL_ERROR);
	else
		submit(s, t, span_eq_str(t->head.method, "HEAD"));
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
		stream_new(arg, frame->hd.stream_id);
	return 0;
}

static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2_session *s = arg;
	struct stream *t = is_request(frame) ? find(s, frame->hd.stream_id) : NULL;

	(void)nghttp2;
	(void)flags;
	if (t != NULL)
		add_field(s, t, span_of(name, name_n), span_of(value, value_n));
	return 0;
}

/* A head, perhaps a request's end. A client that waits for a 100 gets its answer instead. */
static void on_request_frame(struct h2_session *s, const nghttp2_frame *frame)
{
	struct stream *t = find(s, frame->hd.stream_id);
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
	struct stream *t = find(s, id);

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
	struct stream *t;

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
	struct stream *t = find(arg, id);

	(void)nghttp2;
	(void)code;
	if (t != NULL)
		stream_free(arg, t);
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
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
		(uint32_t)s->server->max_header_bytes + HEADER_SLACK},
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
		stream_free(s, s->streams);
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
	const struct stream *t;

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
