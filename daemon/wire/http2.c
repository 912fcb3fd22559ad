/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/http2.h"

#include <nghttp2/nghttp2.h>

#include "daemon/wire/http1.h"

#define FRAME_PAYLOAD_MAX 16384 /* as long as we have not said otherwise */

/* RFC 9113 section 6 */
enum {
	FRAME_HEADERS = 1,
	FRAME_PRIORITY = 2,
	FRAME_SETTINGS = 4,
	FRAME_PING = 6,
	FRAME_WINDOW_UPDATE = 8,
	FRAME_CONTINUATION = 9, /* beyond it: extensions, to be ignored */
};

enum {
	FLAG_ACK = 0x01,
	FLAG_END_HEADERS = 0x04,
	FLAG_PADDED = 0x08,
	FLAG_PRIORITY = 0x20,
};

struct frame {
	uint8_t type, flags;
	uint32_t stream;
	size_t length;
	struct span payload;
};

/*
 * +-----------------------------------------------+
 * |                 Length (24)                   |
 * +---------------+---------------+---------------+
 * |   Type (8)    |   Flags (8)   |
 * +-+-------------+---------------+-------------------------------+
 * |R|                 Stream Identifier (31)                      |
 * +=+=============================================================+
 */
static bool take_frame_header(struct span *s, struct frame *f)
{
	struct span t = *s;
	uint32_t length;

	if (!span_u24(&t, &length) || !span_u8(&t, &f->type) || !span_u8(&t, &f->flags) ||
	    !span_u32(&t, &f->stream))
		return false;
	f->length = length;
	f->stream &= 0x7fffffff;
	*s = t;
	return true;
}

/* The next frame, if fits() has nothing against its header. */
static enum wire_verdict next_frame(struct span *s, struct frame *f,
    bool (*fits)(const struct frame *f, const void *arg), const void *arg)
{
	if (!take_frame_header(s, f))
		return WIRE_MORE;
	if (f->length > FRAME_PAYLOAD_MAX || !fits(f, arg))
		return WIRE_NO;
	return span_take(s, f->length, &f->payload) ? WIRE_YES : WIRE_MORE;
}

/* SETTINGS goes first; an acknowledgement cannot be there before we have said anything. */
static bool fits_first(const struct frame *f, const void *arg)
{
	(void)arg;
	return f->type == FRAME_SETTINGS && f->stream == 0 && (f->flags & FLAG_ACK) == 0 &&
	       f->length % 6 == 0;
}

/* What else may come before a request. */
static bool fits_before(const struct frame *f, const void *arg)
{
	switch (f->type) {
	case FRAME_SETTINGS:
		return fits_first(f, arg);
	case FRAME_HEADERS:
		return f->stream % 2 == 1;
	case FRAME_PRIORITY:
		return f->stream != 0 && f->length == 5;
	case FRAME_PING:
		return f->stream == 0 && f->length == 8;
	case FRAME_WINDOW_UPDATE:
		return f->length == 4;
	default:
		return f->type > FRAME_CONTINUATION;
	}
}

/* arg is the HEADERS frame. */
static bool fits_continued(const struct frame *f, const void *arg)
{
	return f->type == FRAME_CONTINUATION && f->stream == ((const struct frame *)arg)->stream;
}

/* Takes padding and priority off a HEADERS frame. */
static bool strip(struct frame *f)
{
	uint8_t padding = 0;

	if ((f->flags & FLAG_PADDED) != 0 && !span_u8(&f->payload, &padding))
		return false;
	if ((f->flags & FLAG_PRIORITY) != 0 && !span_skip(&f->payload, 5))
		return false;
	if (padding > f->payload.n)
		return false;
	f->payload.n -= padding;
	return true;
}

/* ---- fields -------------------------------------------------------------------------------- */

/* Decoded fields lie one behind the other, name and value each with a length of three bytes. */
static void put(struct buf *out, const uint8_t *bytes, size_t n)
{
	const uint8_t length[3] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	buf_append(out, length, sizeof(length));
	buf_append(out, bytes, n);
}

bool http2_next_field(struct span *fields, struct span *name, struct span *value)
{
	struct span t = *fields;

	if (!span_vec24(&t, name) || !span_vec24(&t, value))
		return false;
	*fields = t;
	return true;
}

struct decoder {
	nghttp2_hd_inflater *inflater;
	struct buf *out;
	unsigned count;
	size_t size;
};

static bool emit(struct decoder *d, const nghttp2_nv *nv)
{
	d->size += nv->namelen + nv->valuelen;
	if (++d->count > HTTP2_FIELDS_MAX || d->size > HTTP2_DECODED_MAX)
		return false;
	put(d->out, nv->name, nv->namelen);
	put(d->out, nv->value, nv->valuelen);
	return true;
}

/* Decodes one frame's part of the fields. */
static bool decode(struct decoder *d, struct span part, bool last)
{
	nghttp2_nv nv;
	int flags;
	ssize_t n;

	for (;;) {
		flags = NGHTTP2_HD_INFLATE_NONE;
		n = nghttp2_hd_inflate_hd2(d->inflater, &nv, &flags, part.p, part.n, last);
		if (n < 0 || !span_skip(&part, (size_t)n))
			return false;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0 && !emit(d, &nv))
			return false;
		if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0)
			return part.n == 0;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && part.n == 0)
			return !last;
	}
}

/* Decodes first and the frames behind it that carry it on. */
static enum wire_verdict decode_all(struct decoder *d, const struct frame *first, struct span rest)
{
	struct frame f = *first;
	enum wire_verdict verdict;
	unsigned count = 0;
	bool last;

	for (;;) {
		last = (f.flags & FLAG_END_HEADERS) != 0;
		if (!decode(d, f.payload, last))
			return WIRE_NO;
		if (last)
			return WIRE_YES;
		if (++count > HTTP2_FRAMES_MAX)
			return WIRE_NO;
		verdict = next_frame(&rest, &f, fits_continued, first);
		if (verdict != WIRE_YES)
			return verdict;
	}
}

/* ---- the request --------------------------------------------------------------------------- */

static bool take_pseudo(struct http2_head *out, struct span name, struct span value)
{
	struct {
		const char *name;
		struct span *slot;
	} known[] = {
	    {":method", &out->method},
	    {":scheme", &out->scheme},
	    {":authority", &out->authority},
	    {":path", &out->path},
	    {":protocol", &out->protocol},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!span_eq_str(name, known[i].name))
			continue;
		if (known[i].slot->p != NULL || value.n == 0)
			return false;
		*known[i].slot = value;
		return true;
	}
	return false;
}

/* RFC 9113 section 8.2 */
static bool field_valid(struct span name, struct span value)
{
	static const char *const of_connections[] = {
	    "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade", NULL};
	size_t i;

	for (i = 0; i < name.n; i++)
		if (name.p[i] >= 'A' && name.p[i] <= 'Z')
			return false;
	for (i = 0; of_connections[i] != NULL; i++)
		if (span_eq_str(name, of_connections[i]))
			return false;
	return http1_is_token(name) && http1_is_value(value);
}

/* Where both are there and differ, two readers could see two hosts. */
static bool take_host(struct http2_head *out, struct span value)
{
	if (out->authority.p == NULL)
		out->authority = value;
	return http1_equal(out->authority, value);
}

/* RFC 9113 sections 8.3.1 and 8.5 */
static bool request_valid(const struct http2_head *head)
{
	bool connect = span_eq_str(head->method, "CONNECT");
	bool whole = head->scheme.n > 0 && head->path.n > 0, has_query;
	struct span path, query;

	if (head->method.n > HTTP1_METHOD_MAX || !http1_is_token(head->method) ||
	    !http1_is_host(head->authority) ||
	    !http1_split_path(head->path, &path, &query, &has_query))
		return false;
	if (head->protocol.n > 0)
		return connect && whole;
	if (connect)
		return head->authority.n > 0 && head->scheme.n == 0 && head->path.n == 0;
	return whole && (head->path.p[0] == '/' ||
			    (span_eq_str(head->path, "*") && span_eq_str(head->method, "OPTIONS")));
}

static bool read_head(struct span all, struct http2_head *out)
{
	struct span name, value, before = all;
	bool regular = false;

	memset(out, 0, sizeof(*out));
	while (http2_next_field(&all, &name, &value)) {
		if (name.n > 0 && name.p[0] == ':') {
			if (regular || !http1_is_value(value) || !take_pseudo(out, name, value))
				return false;
			before = all;
			continue;
		}
		regular = true;
		if (!field_valid(name, value) ||
		    (span_eq_str(name, "host") && !take_host(out, value)))
			return false;
	}
	out->fields = before;
	return request_valid(out);
}

/* The frames behind the preface, up to HEADERS. */
static enum wire_verdict find_headers(struct span *s, struct frame *f)
{
	enum wire_verdict verdict = next_frame(s, f, fits_first, NULL);
	unsigned count = 0;

	while (verdict == WIRE_YES && f->type != FRAME_HEADERS)
		verdict =
		    ++count < HTTP2_FRAMES_MAX ? next_frame(s, f, fits_before, NULL) : WIRE_NO;
	return verdict;
}

enum wire_verdict http2_parse(struct span bytes, struct buf *decoded, struct http2_head *out)
{
	enum wire_verdict verdict = wire_begins(bytes, span_str(HTTP2_PREFACE));
	struct decoder d = {.out = decoded};
	struct frame headers;

	buf_clear(decoded);
	if (verdict == WIRE_YES) {
		span_skip(&bytes, strlen(HTTP2_PREFACE));
		verdict = find_headers(&bytes, &headers);
	}
	if (verdict != WIRE_YES)
		return verdict;
	if (!strip(&headers) || nghttp2_hd_inflate_new(&d.inflater) != 0)
		return WIRE_NO;
	verdict = decode_all(&d, &headers, bytes);
	nghttp2_hd_inflate_del(d.inflater);
	if (verdict == WIRE_YES && (d.count == 0 || !read_head(buf_span(decoded), out)))
		return WIRE_NO;
	return verdict;
}
