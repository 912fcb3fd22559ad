/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/http1.h"

#define CHUNK_LINE_MAX 256 /* its size and its extensions */
#define TRAILERS_MAX 4096
#define CHUNK_SIZE_MAX (UINT64_C(1) << 60) /* another digit still fits */

/*
 *	chunk-size [ chunk-ext ] CRLF     STATE_SIZE, STATE_EXTENSION, STATE_SIZE_LF
 *	chunk-data CRLF                   STATE_DATA, STATE_DATA_CR, STATE_DATA_LF
 *	0 CRLF trailers CRLF              STATE_TRAILER, STATE_TRAILER_LINE, STATE_TRAILER_LF,
 *	                                  STATE_LAST_LF
 * (RFC 9112 section 7.1). A lone LF is no line's end here: that is how bodies are smuggled.
 */
enum {
	STATE_SIZE,
	STATE_EXTENSION,
	STATE_SIZE_LF,
	STATE_DATA,
	STATE_DATA_CR,
	STATE_DATA_LF,
	STATE_TRAILER, /* at a line's start */
	STATE_TRAILER_LINE,
	STATE_TRAILER_LF,
	STATE_LAST_LF,
	STATE_END,
	STATE_BAD,
};

struct http1_body http1_body_of(const struct http1_head *head)
{
	return (struct http1_body){
	    .chunked = head->chunked,
	    .left = head->chunked ? 0 : head->content_length,
	};
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint8_t on_size(struct http1_body *b, uint8_t c)
{
	int digit = hex_value(c);

	if (++b->line > CHUNK_LINE_MAX)
		return STATE_BAD;
	if (digit >= 0) {
		if (b->left >= CHUNK_SIZE_MAX / 16)
			return STATE_BAD;
		b->left = b->left * 16 + (uint64_t)digit;
		return STATE_SIZE;
	}
	if (b->line == 1)
		return STATE_BAD;
	if (c == '\r')
		return STATE_SIZE_LF;
	return c == ';' || c == ' ' || c == '\t' ? STATE_EXTENSION : STATE_BAD;
}

static uint8_t on_extension(struct http1_body *b, uint8_t c)
{
	if (++b->line > CHUNK_LINE_MAX || c == '\n')
		return STATE_BAD;
	return c == '\r' ? STATE_SIZE_LF : STATE_EXTENSION;
}

static uint8_t on_trailer(struct http1_body *b, uint8_t c)
{
	if (++b->line > TRAILERS_MAX || c == '\n')
		return STATE_BAD;
	if (c != '\r')
		return STATE_TRAILER_LINE;
	return b->state == STATE_TRAILER ? STATE_LAST_LF : STATE_TRAILER_LF;
}

static uint8_t step(struct http1_body *b, uint8_t c)
{
	switch (b->state) {
	case STATE_SIZE:
		return on_size(b, c);
	case STATE_EXTENSION:
		return on_extension(b, c);
	case STATE_SIZE_LF:
		b->line = 0;
		if (c != '\n')
			return STATE_BAD;
		return b->left > 0 ? STATE_DATA : STATE_TRAILER;
	case STATE_DATA_CR:
		return c == '\r' ? STATE_DATA_LF : STATE_BAD;
	case STATE_DATA_LF:
		return c == '\n' ? STATE_SIZE : STATE_BAD;
	case STATE_TRAILER:
	case STATE_TRAILER_LINE:
		return on_trailer(b, c);
	case STATE_TRAILER_LF:
		return c == '\n' ? STATE_TRAILER : STATE_BAD;
	case STATE_LAST_LF:
		return c == '\n' ? STATE_END : STATE_BAD;
	default:
		return STATE_BAD;
	}
}

/* Takes what is there of the run of b->left bytes. Returns whether it is complete. */
static bool take_data(struct http1_body *b, struct span *bytes)
{
	size_t n = bytes->n < b->left ? bytes->n : (size_t)b->left;

	span_skip(bytes, n);
	b->left -= n;
	return b->left == 0;
}

enum http1_body_result http1_body_skip(struct http1_body *body, struct span *bytes)
{
	uint8_t c;

	if (!body->chunked)
		return take_data(body, bytes) ? HTTP1_BODY_END : HTTP1_BODY_MORE;
	while (body->state != STATE_END && body->state != STATE_BAD) {
		if (body->state == STATE_DATA) {
			if (!take_data(body, bytes))
				return HTTP1_BODY_MORE;
			body->state = STATE_DATA_CR;
		}
		if (!span_u8(bytes, &c))
			return HTTP1_BODY_MORE;
		body->state = step(body, c);
	}
	return body->state == STATE_END ? HTTP1_BODY_END : HTTP1_BODY_BAD;
}
