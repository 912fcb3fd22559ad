/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/rdp.h"

#define TPKT_SIZE 4
#define HEAD_SIZE (TPKT_SIZE + 7) /* with that of X.224 */
#define LENGTH_MAX (TPKT_SIZE + 1 + 254)

enum { TYPE_NEGOTIATION = 1, TYPE_CORRELATION = 6 };
enum { FLAG_CORRELATION = 0x08, FLAGS_ALL = 0x01 | 0x02 | FLAG_CORRELATION };
enum { PROTOCOL_SSL = 1, PROTOCOL_HYBRID = 2, PROTOCOL_HYBRID_EX = 8, PROTOCOLS_ALL = 0x1f };

/* --- the header ------------------------------------------------------------------------------ */

/*
 *	version       1   3
 *	reserved      1   0
 *	length        2   of all
 *	indicator     1   of all that follows it
 *	code          1   0xe0, connection request
 *	references    4   0
 *	class         1   0
 *
 * Both the request and a routing token in it have one. *length is set with yes only.
 */
static enum wire_verdict parse_head(struct span bytes, uint16_t *length)
{
	static const uint8_t fixed[6] = {0xe0};
	struct span rest = bytes;
	uint8_t version, reserved, indicator;

	if (!span_u8(&rest, &version))
		return WIRE_MORE;
	if (version != 3)
		return WIRE_NO;
	if (!span_u8(&rest, &reserved))
		return WIRE_MORE;
	if (reserved != 0 || (rest.n > 0 && rest.p[0] > LENGTH_MAX >> 8))
		return WIRE_NO;
	if (!span_u16(&rest, length))
		return WIRE_MORE;
	if (*length < HEAD_SIZE || *length > LENGTH_MAX)
		return WIRE_NO;
	if (!span_u8(&rest, &indicator))
		return WIRE_MORE;
	if (indicator != *length - TPKT_SIZE - 1)
		return WIRE_NO;
	return wire_begins(rest, span_of(fixed, sizeof(fixed)));
}

/* --- the line -------------------------------------------------------------------------------- */

static bool take_number(struct span *s, uint32_t max, uint32_t *out)
{
	uint64_t number = 0;
	size_t n;

	for (n = 0; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
		number = number * 10 + (s->p[n] - '0');
		if (number > max)
			return false;
	}
	*out = (uint32_t)number;
	return n > 0 && span_skip(s, n);
}

static bool take_text(struct span *s, const char *text)
{
	return span_starts(*s, span_str(text)) && span_skip(s, strlen(text));
}

/* "Cookie: msts=IP.PORT.0000": both numbers as a little-endian machine reads network order. */
static bool parse_routing(struct span line, struct netaddr *out)
{
	uint32_t ip, port;

	if (!take_text(&line, "Cookie: msts=") || !take_number(&line, UINT32_MAX, &ip) ||
	    !take_text(&line, ".") || !take_number(&line, UINT16_MAX, &port) ||
	    !span_eq_str(line, ".0000"))
		return false;
	*out = (struct netaddr){
	    .family = AF_INET,
	    .port = (uint16_t)(port >> 8 | port << 8),
	    .ip = {(uint8_t)ip, (uint8_t)(ip >> 8), (uint8_t)(ip >> 16), (uint8_t)(ip >> 24)},
	};
	return true;
}

/* A token's length counts CR LF, which line has no more. */
static bool parse_token(struct span line, struct netaddr *out)
{
	uint16_t length;

	if (parse_head(line, &length) != WIRE_YES || length != line.n + 2)
		return false;
	span_skip(&line, HEAD_SIZE);
	return parse_routing(line, out);
}

/* false: there is a line end, and nothing before it. */
static bool parse_line(struct span line, struct rdp_request *out)
{
	out->text = line;
	if (take_text(&out->text, "Cookie: mstshash=") && out->text.n > 0) {
		out->line = RDP_LINE_COOKIE;
	} else if (parse_token(line, &out->address)) {
		out->line = RDP_LINE_TOKEN;
		out->text = span_of(NULL, 0);
	} else {
		out->line = RDP_LINE_CUSTOM;
		out->text = line;
		parse_routing(line, &out->address);
	}
	return line.n > 0;
}

/* Takes what is before the first CR LF, and those. */
static bool take_line(struct span *s, struct span *line)
{
	const uint8_t *end = s->n > 0 ? memmem(s->p, s->n, "\r\n", 2) : NULL;

	if (end == NULL)
		return false;
	span_take(s, (size_t)(end - s->p), line);
	return span_skip(s, 2);
}

/* --- the negotiation ------------------------------------------------------------------------- */

/* Little-endian, unlike the header. */
static uint32_t little_endian(struct span s)
{
	uint32_t value = 0;
	size_t i;

	for (i = s.n; i > 0; i--)
		value = value << 8 | s.p[i - 1];
	return value;
}

/* Is each protocol there that another one needs? */
static bool protocols_valid(uint32_t protocols)
{
	if ((protocols & ~(uint32_t)PROTOCOLS_ALL) != 0)
		return false;
	if ((protocols & PROTOCOL_HYBRID_EX) != 0 && (protocols & PROTOCOL_HYBRID) == 0)
		return false;
	return (protocols & PROTOCOL_HYBRID) == 0 || (protocols & PROTOCOL_SSL) != 0;
}

/*
 *	type 1, flags 1, length 2; what follows is in *body
 */
static bool take_part(struct span *s, uint8_t type, size_t size, uint8_t *flags, struct span *body)
{
	struct span length;
	uint8_t got;

	return span_u8(s, &got) && got == type && span_u8(s, flags) && span_take(s, 2, &length) &&
	       little_endian(length) == size && span_take(s, size - 4, body);
}

static bool parse_negotiation(struct span rest, struct rdp_request *out)
{
	struct span protocols, body, id;
	uint8_t flags, none;
	size_t i;

	if (!take_part(&rest, TYPE_NEGOTIATION, 8, &flags, &protocols) ||
	    (flags & ~FLAGS_ALL) != 0 || !protocols_valid(little_endian(protocols)))
		return false;
	if ((flags & FLAG_CORRELATION) == 0)
		return rest.n == 0;
	if (!take_part(&rest, TYPE_CORRELATION, 36, &none, &body) || none != 0 ||
	    !span_take(&body, 16, &id))
		return false;
	if (id.p[0] == 0 || id.p[0] == 0xf4 || memchr(id.p, '\r', id.n) != NULL)
		return false;
	for (i = 0; i < body.n; i++) {
		if (body.p[i] != 0)
			return false;
	}
	out->correlation_id = id;
	return true;
}

enum wire_verdict rdp_parse(struct span bytes, struct rdp_request *out)
{
	struct rdp_request request = {0};
	struct span rest = bytes, line;
	enum wire_verdict head;
	uint16_t length;

	head = parse_head(bytes, &length);
	if (head != WIRE_YES)
		return head;
	if (length == HEAD_SIZE || bytes.n > length)
		return WIRE_NO;
	if (bytes.n < length)
		return WIRE_MORE;
	span_skip(&rest, HEAD_SIZE);
	if (take_line(&rest, &line) && !parse_line(line, &request))
		return WIRE_NO;
	if ((request.line == RDP_LINE_NONE || rest.n > 0) && !parse_negotiation(rest, &request))
		return WIRE_NO;
	*out = request;
	return WIRE_YES;
}
