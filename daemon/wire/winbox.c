/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/winbox.h"

#define CHUNK_HEAD 2  /* length and kind */
#define CHUNK_MAX 255 /* bytes in one */
#define KEY_SIZE 32
#define TAIL_SIZE (1 + KEY_SIZE + 1) /* all behind the name */

enum { CHUNK_AUTH = 0x06, CHUNK_NEXT = 0xff };

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_name_byte(uint8_t c)
{
	return is_alphanumeric(c) || c == '_' || c == '.' || c == '#' || c == '-' || c == '@';
}

/* Can name, which may be cut, become one with or without "+r"? */
static bool name_possible(struct span name)
{
	size_t i;

	for (i = 0; i < name.n && is_name_byte(name.p[i]); i++)
		;
	if (name.n > 0 && !is_alphanumeric(name.p[0]))
		return false;
	if (i == name.n)
		return true;
	return is_alphanumeric(name.p[i - 1]) &&
	       wire_begins(span_of(name.p + i, name.n - i), span_str("+r")) != WIRE_NO &&
	       name.n - i <= 2;
}

/* A possible name that is complete: takes the suffix off. */
static bool split_name(struct span name, struct winbox_auth *out)
{
	out->romon = name.n > 2 && name.p[name.n - 2] == '+';
	out->username = span_of(name.p, out->romon ? name.n - 2 : name.n);
	return name.n > 0 && is_alphanumeric(out->username.p[out->username.n - 1]);
}

/*
 * Does a name of so many bytes fit a first chunk of length? The length says exactly where the name
 * ends, unless the message may go on in another chunk.
 */
static bool length_possible(uint8_t length, size_t name, bool ended)
{
	size_t least = (size_t)length - TAIL_SIZE;

	if (ended && name < least)
		return false;
	return length == CHUNK_MAX || name <= least;
}

/* The whole message with a name of length, in one chunk or two. */
static size_t message_size(size_t length)
{
	size_t payload = length + TAIL_SIZE;

	return payload + (payload > CHUNK_MAX ? 2 : 1) * CHUNK_HEAD;
}

/* The bytes behind a name of length: the rest of its chunk, perhaps another chunk. */
static enum wire_verdict check_rest(struct span bytes, size_t length)
{
	size_t size = message_size(length);
	size_t second = CHUNK_HEAD + CHUNK_MAX;
	uint8_t head[CHUNK_HEAD] = {(uint8_t)(length + TAIL_SIZE - CHUNK_MAX), CHUNK_NEXT};

	if (bytes.n > size)
		return WIRE_NO;
	if (size > second && bytes.n > second &&
	    wire_begins(span_of(bytes.p + second, bytes.n - second), span_of(head, CHUNK_HEAD)) ==
		WIRE_NO)
		return WIRE_NO;
	/* A name of 255 bytes fills its chunk: its NUL comes first in the next. */
	if (length == CHUNK_MAX && bytes.n > second + CHUNK_HEAD &&
	    bytes.p[second + CHUNK_HEAD] != 0)
		return WIRE_NO;
	if (bytes.n < size)
		return WIRE_MORE;
	return bytes.p[size - 1] <= 1 ? WIRE_YES : WIRE_NO; /* the key's sign */
}

/*
 *	length   1   of what follows the kind, 255 if another chunk may follow
 *	kind     1   6; of a chunk that follows 255
 *	name         with "+r" for RoMON, ended by a NUL
 *	key     32
 *	parity   1   0 or 1
 */
enum wire_verdict winbox_parse(struct span bytes, struct winbox_auth *out)
{
	struct span payload = bytes, name;
	struct winbox_auth auth;
	enum wire_verdict verdict;
	const uint8_t *end;
	uint8_t length, kind;

	if (!span_u8(&payload, &length))
		return WIRE_MORE;
	if (length <= TAIL_SIZE)
		return WIRE_NO;
	if (!span_u8(&payload, &kind))
		return WIRE_MORE;
	if (kind != CHUNK_AUTH)
		return WIRE_NO;
	if (payload.n > length)
		payload.n = length;
	end = payload.n > 0 ? memchr(payload.p, 0, payload.n) : NULL;
	name = span_of(payload.p, end != NULL ? (size_t)(end - payload.p) : payload.n);
	if (!name_possible(name))
		return WIRE_NO;
	if (!length_possible(length, name.n, end != NULL))
		return WIRE_NO;
	if (end == NULL && name.n < length)
		return WIRE_MORE;
	if (!split_name(name, &auth))
		return WIRE_NO;
	verdict = check_rest(bytes, name.n);
	if (verdict == WIRE_YES)
		*out = auth;
	return verdict;
}
