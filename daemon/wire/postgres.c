/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/postgres.h"

#define REQUEST_LENGTH 8
#define CANCEL_LENGTH_MIN 16  /* with a secret key of 4 bytes */
#define CANCEL_LENGTH_MAX 268 /* with one of 256: protocol 3.2 */
#define STARTUP_LENGTH_MIN 9  /* no parameter, and the NUL that ends them */

/* What may follow a length: the beginning of what is compared, and which lengths it goes with. */
static const struct {
	uint8_t code[4];
	uint8_t size; /* of code: the minor version of a startup is not looked at */
	enum postgres_kind kind;
	uint32_t min, max;
} codes[] = {
    {{0, 3}, 2, POSTGRES_STARTUP, STARTUP_LENGTH_MIN, POSTGRES_LENGTH_MAX},
    {{0x04, 0xd2, 0x16, 0x2e}, 4, POSTGRES_CANCEL_REQUEST, CANCEL_LENGTH_MIN, CANCEL_LENGTH_MAX},
    {{0x04, 0xd2, 0x16, 0x2f}, 4, POSTGRES_SSL_REQUEST, REQUEST_LENGTH, REQUEST_LENGTH},
    {{0x04, 0xd2, 0x16, 0x30}, 4, POSTGRES_GSSENC_REQUEST, REQUEST_LENGTH, REQUEST_LENGTH},
};

/* Can the bytes, fewer than four, begin a length between 8 and the most? */
static bool length_possible(struct span bytes)
{
	uint32_t low = 0, high = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		low = low << 8 | (i < bytes.n ? bytes.p[i] : 0);
		high = high << 8 | (i < bytes.n ? bytes.p[i] : 0xff);
	}
	return high >= REQUEST_LENGTH && low <= POSTGRES_LENGTH_MAX;
}

/* *kind is set with yes only. */
static enum wire_verdict find_kind(struct span code, uint32_t length, enum postgres_kind *kind)
{
	enum wire_verdict verdict = WIRE_NO;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (length < codes[i].min || length > codes[i].max)
			continue;
		switch (wire_begins(code, span_of(codes[i].code, codes[i].size))) {
		case WIRE_YES:
			*kind = codes[i].kind;
			return WIRE_YES;
		case WIRE_MORE:
			verdict = WIRE_MORE;
			break;
		case WIRE_NO:
			break;
		}
	}
	return verdict;
}

/* Takes what is before the next NUL, and the NUL. */
static bool take_text(struct span *s, struct span *out)
{
	const uint8_t *end = s->n > 0 ? memchr(s->p, 0, s->n) : NULL;

	if (end == NULL)
		return false;
	span_take(s, (size_t)(end - s->p), out);
	return span_skip(s, 1);
}

bool postgres_next_parameter(struct span *parameters, struct span *name, struct span *value)
{
	struct span rest = *parameters;

	if (!take_text(&rest, name) || name->n == 0 || !take_text(&rest, value))
		return false;
	*parameters = rest;
	return true;
}

/* Names and values, each ended by a NUL, then an empty name. have may be cut, size is the whole. */
static enum wire_verdict check_parameters(struct span have, size_t size)
{
	struct span rest = have, name, value;

	while (postgres_next_parameter(&rest, &name, &value))
		;
	if (rest.n > 0 && rest.p[0] == 0)
		return rest.p + 1 == have.p + size ? WIRE_YES : WIRE_NO;
	return have.n < size ? WIRE_MORE : WIRE_NO;
}

static enum wire_verdict parse_startup(struct span rest, uint32_t length, struct span *parameters)
{
	size_t size = length - REQUEST_LENGTH;

	if (!span_skip(&rest, 2)) /* the minor version */
		return WIRE_MORE;
	if (rest.n > size)
		rest.n = size;
	*parameters = rest;
	return check_parameters(rest, size);
}

/*
 *	length     4   of all, with itself
 *	code       4   version 3.x, or that of a request
 *	parameters     of a startup
 */
enum wire_verdict postgres_parse(struct span bytes, struct postgres_first *out)
{
	struct postgres_first first = {0};
	struct span rest = bytes;
	enum wire_verdict verdict;
	uint32_t length;

	if (!length_possible(bytes))
		return WIRE_NO;
	if (!span_u32(&rest, &length))
		return WIRE_MORE;
	verdict = find_kind(rest, length, &first.kind);
	if (verdict == WIRE_YES && first.kind == POSTGRES_STARTUP) {
		span_skip(&rest, 2);
		verdict = parse_startup(rest, length, &first.parameters);
	}
	if (verdict == WIRE_YES) {
		first.length = length;
		*out = first;
	}
	return verdict;
}
