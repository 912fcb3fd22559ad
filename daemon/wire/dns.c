/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/dns.h"

#include <stdio.h>

#define HEAD_SIZE 12
#define QUESTION_SIZE_MIN 5 /* the root, type, class */
#define RECORD_SIZE_MIN 11  /* with time to live and length */
#define NAME_SIZE_MAX 255
#define TYPE_OPT 41

/* A message that may be cut: what has come of it, and where it ends. */
struct reader {
	struct span bytes;
	size_t at, size;
};

/* May n bytes be looked at? NO: the message has no such bytes. */
static enum wire_verdict need(const struct reader *r, size_t n)
{
	if (n > r->size - r->at)
		return WIRE_NO;
	return n > r->bytes.n - r->at ? WIRE_MORE : WIRE_YES;
}

static enum wire_verdict take_u16(struct reader *r, uint16_t *out)
{
	enum wire_verdict verdict = need(r, 2);

	if (verdict != WIRE_YES)
		return verdict;
	*out = (uint16_t)(r->bytes.p[r->at] << 8 | r->bytes.p[r->at + 1]);
	r->at += 2;
	return WIRE_YES;
}

static enum wire_verdict skip(struct reader *r, size_t n)
{
	enum wire_verdict verdict = need(r, n);

	if (verdict == WIRE_YES)
		r->at += n;
	return verdict;
}

/* --- the header ------------------------------------------------------------------------------ */

struct head {
	uint16_t questions;
	uint32_t records;
};

/* Response, reserved bit, response code: all zero. */
static enum wire_verdict take_flags(struct reader *r)
{
	static const uint8_t zero[2] = {0x80, 0x4f};
	size_t i;

	for (i = 0; i < 2; i++) {
		enum wire_verdict verdict = need(r, 1);

		if (verdict != WIRE_YES)
			return verdict;
		if ((r->bytes.p[r->at++] & zero[i]) != 0)
			return WIRE_NO;
	}
	return WIRE_YES;
}

/*
 *	identifier   2
 *	flags        2
 *	counts       2 each: questions, answers, authorities, additional records
 *
 * Counts that the rest has no room for are a no.
 */
static enum wire_verdict take_head(struct reader *r, struct head *out)
{
	enum wire_verdict verdict = skip(r, 2);
	uint16_t count;
	size_t i, room;

	if (verdict != WIRE_YES)
		return verdict;
	verdict = take_flags(r);
	for (i = 0; verdict == WIRE_YES && i < 4; i++) {
		verdict = take_u16(r, &count);
		if (verdict != WIRE_YES)
			break;
		if (i == 0)
			out->questions = count;
		else
			out->records += count;
		room = (size_t)out->questions * QUESTION_SIZE_MIN +
		       (size_t)out->records * RECORD_SIZE_MIN;
		if (out->questions == 0 || HEAD_SIZE + room > r->size)
			return WIRE_NO;
	}
	return verdict;
}

/* --- questions and records ------------------------------------------------------------------- */

/*
 * Labels, a length before each, ended by the root's; or by a pointer to a name before this one
 * (RFC 1035 section 4.1.4) where that is allowed. What it points to is not looked at.
 */
static enum wire_verdict skip_name(struct reader *r, bool pointers)
{
	size_t start = r->at, length = 0;
	enum wire_verdict verdict;
	uint16_t pointer;
	uint8_t label;

	do {
		verdict = need(r, 1);
		if (verdict != WIRE_YES)
			return verdict;
		label = r->bytes.p[r->at];
		if (label >= 0xc0 && pointers) {
			verdict = take_u16(r, &pointer);
			if (verdict != WIRE_YES)
				return verdict;
			pointer &= 0x3fff;
			return pointer >= HEAD_SIZE && pointer < start ? WIRE_YES : WIRE_NO;
		}
		length += (size_t)label + 1;
		if (label > 63 || length > NAME_SIZE_MAX)
			return WIRE_NO;
		verdict = skip(r, (size_t)label + 1);
		if (verdict != WIRE_YES)
			return verdict;
	} while (label != 0);
	return WIRE_YES;
}

static enum wire_verdict skip_question(struct reader *r)
{
	enum wire_verdict verdict = skip_name(r, false);

	return verdict == WIRE_YES ? skip(r, 4) : verdict;
}

/* EDNS options (RFC 6891 section 6.1.2): code, length, data. */
static bool options_valid(struct span data)
{
	uint16_t code;
	struct span value;

	while (data.n > 0) {
		if (!span_u16(&data, &code) || !span_vec16(&data, &value))
			return false;
	}
	return true;
}

static enum wire_verdict skip_record(struct reader *r)
{
	size_t start = r->at, name_size;
	enum wire_verdict verdict = skip_name(r, true);
	uint16_t type, length;

	if (verdict != WIRE_YES)
		return verdict;
	name_size = r->at - start;
	verdict = take_u16(r, &type);
	if (verdict != WIRE_YES)
		return verdict;
	if (type == TYPE_OPT && name_size != 1)
		return WIRE_NO;
	verdict = skip(r, 6); /* class, time to live */
	if (verdict == WIRE_YES)
		verdict = take_u16(r, &length);
	if (verdict == WIRE_YES)
		verdict = skip(r, length);
	if (verdict == WIRE_YES && type == TYPE_OPT &&
	    !options_valid(span_of(r->bytes.p + r->at - length, length)))
		return WIRE_NO;
	return verdict;
}

/* --- messages -------------------------------------------------------------------------------- */

enum wire_verdict dns_parse(struct span bytes, size_t size, struct dns_request *out)
{
	struct reader r = {.bytes = bytes, .size = size};
	struct head head = {0};
	enum wire_verdict verdict;
	size_t questions_end;
	uint32_t i;

	if (size < DNS_SIZE_MIN)
		return WIRE_NO;
	if (bytes.n > size)
		r.bytes.n = size;
	verdict = take_head(&r, &head);
	for (i = 0; verdict == WIRE_YES && i < head.questions; i++)
		verdict = skip_question(&r);
	questions_end = r.at;
	for (i = 0; verdict == WIRE_YES && i < head.records; i++)
		verdict = skip_record(&r);
	if (verdict != WIRE_YES)
		return verdict;
	if (r.at != size)
		return WIRE_NO;
	out->questions = span_of(bytes.p + HEAD_SIZE, questions_end - HEAD_SIZE);
	out->question_count = head.questions;
	return WIRE_YES;
}

enum wire_verdict dns_parse_stream(struct span bytes, struct dns_request *out, size_t *used)
{
	uint16_t size;

	if (!span_u16(&bytes, &size))
		return WIRE_MORE;
	*used = 2 + (size_t)size;
	return dns_parse(bytes, size, out);
}

/* As zone files have it (RFC 1035 section 5.1). Returns how many letters. */
static size_t put_letter(char *out, uint8_t c)
{
	if (c < ' ' || c > '~')
		return (size_t)sprintf(out, "\\%03u", c);
	if (strchr(".\\\"'@;() ", c) != NULL) {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	out[0] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	return 1;
}

bool dns_next_question(struct dns_request *request, struct dns_question *out)
{
	struct span rest = request->questions, label;
	size_t n = 0, i;

	do {
		if (!span_vec8(&rest, &label) || n + 4 * label.n + 2 > sizeof(out->name))
			return false;
		for (i = 0; i < label.n; i++)
			n += put_letter(out->name + n, label.p[i]);
		if (label.n > 0 || n == 0)
			out->name[n++] = '.';
	} while (label.n > 0);
	out->name[n] = '\0';
	if (!span_u16(&rest, &out->type) || !span_u16(&rest, &out->class))
		return false;
	request->questions = rest;
	return true;
}
