/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdbool.h>

#include "daemon/wire/xmpp.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == ':';
}

static void skip_blanks(struct span *s)
{
	while (s->n > 0 && is_blank(s->p[0]))
		span_skip(s, 1);
}

/* Takes the name at the front: it ends before what cannot be in one, or with the bytes. */
static struct span take_name(struct span *s)
{
	struct span name;
	size_t n = 0;

	while (n < s->n && is_name(s->p[n]))
		n++;
	span_take(s, n, &name);
	return name;
}

/* "<?xml ... ?>" and blanks behind it. YES: it is over, or there is none. */
static enum wire_verdict skip_declaration(struct span *s)
{
	enum wire_verdict begins = wire_begins(*s, span_str("<?xml"));
	uint8_t c = 0, last;

	if (begins == WIRE_NO)
		return WIRE_YES;
	if (begins == WIRE_MORE)
		return WIRE_MORE;
	span_skip(s, 5);
	if (s->n > 0 && !is_blank(s->p[0]))
		return WIRE_NO;
	do {
		last = c;
		if (!span_u8(s, &c))
			return WIRE_MORE;
		if ((c < ' ' && !is_blank(c)) || c == '<' || (c == '>' && last != '?'))
			return WIRE_NO;
	} while (c != '>');
	skip_blanks(s);
	return WIRE_YES;
}

static bool is_stream(struct span name)
{
	static const char local[] = ":stream";
	size_t n = sizeof(local) - 1;

	return span_eq_str(name, "stream") ||
	       (name.n > n && memcmp(name.p + name.n - n, local, n) == 0);
}

/* What of an attribute's value has come. YES: it is a namespace that says "jabber". */
static enum wire_verdict check_value(struct span name, struct span value)
{
	bool declares = span_eq_str(name, "xmlns") || span_starts(name, span_str("xmlns:"));
	struct span rest;

	for (rest = value; rest.n > 0; span_skip(&rest, 1)) {
		if (rest.p[0] == '<')
			return WIRE_NO;
		if (declares && span_starts(rest, span_str("jabber")))
			return WIRE_YES;
	}
	return WIRE_MORE;
}

/* One attribute, blanks before it. YES: it tells; NO: it is none; MORE: cut. *over: it told not. */
static enum wire_verdict attribute(struct span *s, bool *over)
{
	struct span name, value;
	const uint8_t *end;
	enum wire_verdict verdict;
	uint8_t c;

	name = take_name(s);
	skip_blanks(s);
	if (!span_u8(s, &c))
		return WIRE_MORE;
	if (name.n == 0 || c != '=')
		return WIRE_NO;
	skip_blanks(s);
	if (!span_u8(s, &c))
		return WIRE_MORE;
	if (c != '\'' && c != '"')
		return WIRE_NO;
	end = s->n > 0 ? memchr(s->p, c, s->n) : NULL;
	span_take(s, end != NULL ? (size_t)(end - s->p) : s->n, &value);
	verdict = check_value(name, value);
	*over = span_skip(s, 1);
	return verdict;
}

static enum wire_verdict start_tag(struct span s)
{
	enum wire_verdict verdict;
	struct span name;
	bool over = true;

	if (s.n == 0)
		return WIRE_MORE;
	if (s.p[0] != '<')
		return WIRE_NO;
	span_skip(&s, 1);
	name = take_name(&s);
	if (s.n == 0)
		return WIRE_MORE;
	if (!is_stream(name))
		return WIRE_NO;
	while (over) {
		if (s.n > 0 && !is_blank(s.p[0]))
			return WIRE_NO; /* the tag's end, too */
		skip_blanks(&s);
		if (s.n == 0)
			return WIRE_MORE;
		over = false;
		verdict = attribute(&s, &over);
		if (verdict != WIRE_MORE)
			return verdict;
	}
	return WIRE_MORE;
}

enum wire_verdict xmpp_parse(struct span bytes)
{
	struct span s = bytes;
	enum wire_verdict verdict;

	if (s.n > XMPP_OPENING_MAX)
		s.n = XMPP_OPENING_MAX;
	verdict = skip_declaration(&s);
	if (verdict == WIRE_YES)
		verdict = start_tag(s);
	return verdict == WIRE_MORE && bytes.n >= XMPP_OPENING_MAX ? WIRE_NO : verdict;
}
