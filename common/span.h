/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A borrowed run of bytes, and readers that cannot run past its end. Every parser of bytes from
 * outside is written with these. Readers take from the front; on false nothing was taken,
 * and a span that was to be filled is empty.
 */
#ifndef COMMON_SPAN_H
#define COMMON_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;
	size_t n;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){.p = p, .n = n};
}

static inline struct span span_str(const char *text)
{
	return span_of(text, strlen(text));
}

static inline bool span_take(struct span *s, size_t n, struct span *out)
{
	if (s->n < n) {
		*out = span_of(NULL, 0);
		return false;
	}
	*out = span_of(s->p, n);
	if (n > 0) /* nothing may be added to NULL, not even nothing */
		s->p += n;
	s->n -= n;
	return true;
}

static inline bool span_skip(struct span *s, size_t n)
{
	struct span ignored;

	return span_take(s, n, &ignored);
}

static inline bool span_u8(struct span *s, uint8_t *out)
{
	struct span b;

	if (!span_take(s, 1, &b))
		return false;
	*out = b.p[0];
	return true;
}

/* Big-endian, as all of ours on the wire unless the name says otherwise. */
static inline bool span_u16(struct span *s, uint16_t *out)
{
	struct span b;

	if (!span_take(s, 2, &b))
		return false;
	*out = (uint16_t)(b.p[0] << 8 | b.p[1]);
	return true;
}

static inline bool span_u24(struct span *s, uint32_t *out)
{
	struct span b;

	if (!span_take(s, 3, &b))
		return false;
	*out = (uint32_t)b.p[0] << 16 | (uint32_t)b.p[1] << 8 | b.p[2];
	return true;
}

static inline bool span_u32(struct span *s, uint32_t *out)
{
	struct span b;

	if (!span_take(s, 4, &b))
		return false;
	*out = (uint32_t)b.p[0] << 24 | (uint32_t)b.p[1] << 16 | (uint32_t)b.p[2] << 8 | b.p[3];
	return true;
}

/* A vector with a length prefix of 1, 2 or 3 bytes (RFC 8446 section 3.4). */
static inline bool span_vec8(struct span *s, struct span *out)
{
	struct span t = *s;
	uint8_t n;

	*out = span_of(NULL, 0);
	if (!span_u8(&t, &n) || !span_take(&t, n, out))
		return false;
	*s = t;
	return true;
}

static inline bool span_vec16(struct span *s, struct span *out)
{
	struct span t = *s;
	uint16_t n;

	*out = span_of(NULL, 0);
	if (!span_u16(&t, &n) || !span_take(&t, n, out))
		return false;
	*s = t;
	return true;
}

static inline bool span_vec24(struct span *s, struct span *out)
{
	struct span t = *s;
	uint32_t n;

	*out = span_of(NULL, 0);
	if (!span_u24(&t, &n) || !span_take(&t, n, out))
		return false;
	*s = t;
	return true;
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_eq_str(struct span a, const char *text)
{
	return span_eq(a, span_str(text));
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

#endif
