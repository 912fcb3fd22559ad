/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/scanner.h"

#include <assert.h>

/* What a value's first bytes say. */
struct head {
	size_t size;       /* of the head itself */
	uint64_t body;     /* bytes that follow and hold no values */
	uint64_t children; /* values that follow */
	bool container;
};

enum head_kind { HEAD_BAD, HEAD_FIXED, HEAD_BYTES, HEAD_EXT, HEAD_ARRAY, HEAD_MAP };

/*
 * The formats 0xc0 to 0xdf: size is the bytes of a fixed value, or the bytes of the length that
 * follows.
 */
static const struct {
	uint8_t kind, size;
} formats[32] = {
    {HEAD_FIXED, 0}, /* nil */
    {HEAD_BAD, 0},   /* never used */
    {HEAD_FIXED, 0}, /* false */
    {HEAD_FIXED, 0}, /* true */
    {HEAD_BYTES, 1}, /* bin 8, 16, 32 */
    {HEAD_BYTES, 2},
    {HEAD_BYTES, 4},
    {HEAD_EXT, 1}, /* ext 8, 16, 32: a type follows the length */
    {HEAD_EXT, 2},
    {HEAD_EXT, 4},
    {HEAD_FIXED, 4}, /* float 32, 64 */
    {HEAD_FIXED, 8},
    {HEAD_FIXED, 1}, /* uint 8, 16, 32, 64 */
    {HEAD_FIXED, 2},
    {HEAD_FIXED, 4},
    {HEAD_FIXED, 8},
    {HEAD_FIXED, 1}, /* int 8, 16, 32, 64 */
    {HEAD_FIXED, 2},
    {HEAD_FIXED, 4},
    {HEAD_FIXED, 8},
    {HEAD_FIXED, 2}, /* fixext 1, 2, 4, 8, 16, with their type */
    {HEAD_FIXED, 3},
    {HEAD_FIXED, 5},
    {HEAD_FIXED, 9},
    {HEAD_FIXED, 17},
    {HEAD_BYTES, 1}, /* str 8, 16, 32 */
    {HEAD_BYTES, 2},
    {HEAD_BYTES, 4},
    {HEAD_ARRAY, 2}, /* array 16, 32 */
    {HEAD_ARRAY, 4},
    {HEAD_MAP, 2}, /* map 16, 32 */
    {HEAD_MAP, 4},
};

static uint64_t big_endian(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | *p++;
	return value;
}

static struct head container(size_t size, uint64_t children)
{
	return (struct head){.size = size, .children = children, .container = true};
}

/* The heads whose length follows the first byte. */
static enum scanner_result read_long(struct span s, struct head *out)
{
	uint8_t kind = formats[s.p[0] & 0x1f].kind, size = formats[s.p[0] & 0x1f].size;
	uint64_t length;

	if (kind == HEAD_BAD)
		return SCANNER_BAD;
	if (kind == HEAD_FIXED) {
		*out = (struct head){.size = 1, .body = size};
		return SCANNER_DONE;
	}
	if (s.n < 1u + size)
		return SCANNER_MORE;
	length = big_endian(s.p + 1, size);
	if (kind == HEAD_ARRAY)
		*out = container(1u + size, length);
	else if (kind == HEAD_MAP)
		*out = container(1u + size, 2 * length);
	else
		*out = (struct head){.size = 1u + size, .body = length + (kind == HEAD_EXT)};
	return SCANNER_DONE;
}

static enum scanner_result read_head(struct span s, struct head *out)
{
	uint8_t first;

	if (s.n == 0)
		return SCANNER_MORE;
	first = s.p[0];
	if (first < 0x80 || first >= 0xe0)
		*out = (struct head){.size = 1};
	else if (first < 0x90)
		*out = container(1, 2 * (first & 0x0fu));
	else if (first < 0xa0)
		*out = container(1, first & 0x0fu);
	else if (first < 0xc0)
		*out = (struct head){.size = 1, .body = first & 0x1fu};
	else
		return read_long(s, out);
	return SCANNER_DONE;
}

/* Takes a whole head into account; each value to come is at least one byte. */
static enum scanner_result take(struct scanner *s, const struct head *head)
{
	size_t room = s->limits.size - s->at;

	if (head->size > room || head->body + head->children > room - head->size)
		return SCANNER_SIZE;
	if (head->children > s->limits.elements - s->elements)
		return SCANNER_ELEMENTS;
	if (head->container && s->depth >= s->limits.depth)
		return SCANNER_DEPTH;
	s->at += head->size + (size_t)head->body;
	s->elements += (uint32_t)head->children;
	s->left[s->depth]--;
	if (head->container)
		s->left[++s->depth] = (uint32_t)head->children;
	while (s->depth > 0 && s->left[s->depth] == 0)
		s->depth--;
	return SCANNER_MORE;
}

void scanner_init(struct scanner *s, struct scanner_limits limits)
{
	assert(limits.depth <= SCANNER_DEPTH_MAX && limits.elements > 0);
	s->limits = limits;
	s->at = 0;
	s->elements = 1;
	s->depth = 0;
	s->left[0] = 1;
}

enum scanner_result scanner_run(struct scanner *s, struct span bytes)
{
	enum scanner_result result;
	struct head head;

	if (bytes.n == 0)
		return SCANNER_MORE;
	while (s->at <= bytes.n) {
		if (s->depth == 0 && s->left[0] == 0)
			return SCANNER_DONE;
		result = read_head(span_of(bytes.p + s->at, bytes.n - s->at), &head);
		if (result != SCANNER_DONE)
			return result;
		result = take(s, &head);
		if (result != SCANNER_MORE)
			return result;
	}
	return SCANNER_MORE;
}

const char *scanner_text(enum scanner_result result)
{
	switch (result) {
	case SCANNER_MORE:
	case SCANNER_DONE:
		break;
	case SCANNER_BAD:
		return "no MessagePack";
	case SCANNER_SIZE:
		return "message too long";
	case SCANNER_DEPTH:
		return "arrays and maps too deep in one another";
	case SCANNER_ELEMENTS:
		return "too many values in one message";
	}
	return "message within limits";
}
