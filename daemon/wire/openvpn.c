/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/openvpn.h"

#define LENGTH 2 /* of a packet on a stream, before it */
#define SESSION_AT 1
#define SESSION 8
#define REPLAY 8        /* number and time */
#define TAIL 5          /* no acknowledgements, packet 0 */
#define WRAPPED_MIN 290 /* authentication, a key of 256 bytes, the length of the whole */

#define BODY_AT (SESSION_AT + SESSION)
#define PLAIN_SIZE (BODY_AT + TAIL)
#define CRYPT_SIZE (BODY_AT + REPLAY + OPENVPN_CRYPT_HMAC + TAIL)

/* Kind of packet and number of the key, which is 0 at first. */
enum { RESET_V2 = 7 << 3, RESET_V3 = 10 << 3 };

static const uint8_t no_tail[TAIL];

/* The number of a first packet; the other one says that the client can be asked to come again. */
static const uint8_t first_number[4] = {0, 0, 0, 1}, early_number[4] = {0x0f, 0, 0, 1};

/* What has come of a packet whose size is known. */
struct partial {
	struct span come;
	size_t size;
};

/* Does what has come at that place differ from what must stand there? */
static bool differs(const struct partial *p, size_t at, const void *want, size_t n)
{
	if (p->come.n <= at)
		return false;
	return wire_begins(span_of(p->come.p + at, p->come.n - at), span_of(want, n)) == WIRE_NO;
}

static bool is_zero(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] == 0; i++)
		;
	return i == s.n;
}

/* The kind, and a session's number, which is never zero. */
static bool bad_head(const struct partial *p, uint8_t kind)
{
	if (p->come.n > 0 && p->come.p[0] != kind)
		return true;
	return p->come.n >= BODY_AT && is_zero(span_of(p->come.p + SESSION_AT, SESSION));
}

/* Digests have these sizes; one of tls-auth is what is left of the packet. */
static bool is_hmac_size(size_t n)
{
	static const uint8_t sizes[] = {16, 20, 28, 32, 36, 48, 64};

	return memchr(sizes, (int)n, sizeof(sizes)) != NULL;
}

static struct span part(const struct partial *p, size_t at, size_t n)
{
	return span_of(p->come.p + at, n);
}

static uint32_t read_time(const struct partial *p, size_t at)
{
	struct span s = part(p, at, 4);
	uint32_t time;

	span_u32(&s, &time);
	return time;
}

/*
 *	kind 1, session 8, acknowledgements 1, packet number 4
 */
static enum wire_verdict parse_plain(const struct partial *p, struct openvpn_reset *out)
{
	if (bad_head(p, RESET_V2) || differs(p, BODY_AT, no_tail, TAIL))
		return WIRE_NO;
	if (p->come.n < p->size)
		return WIRE_MORE;
	*out = (struct openvpn_reset){.mode = OPENVPN_PLAIN, .packet = p->come};
	return WIRE_YES;
}

/*
 *	kind 1, session 8, digest 16..64, replay number 4, time 4, acknowledgements 1,
 *	packet number 4
 */
static enum wire_verdict parse_auth(const struct partial *p, struct openvpn_reset *out)
{
	size_t hmac = p->size - PLAIN_SIZE - REPLAY;
	size_t replay = BODY_AT + hmac;

	if (!is_hmac_size(hmac) || bad_head(p, RESET_V2) ||
	    differs(p, replay, first_number, sizeof(first_number)) ||
	    differs(p, replay + REPLAY, no_tail, TAIL))
		return WIRE_NO;
	if (p->come.n < p->size)
		return WIRE_MORE;
	*out = (struct openvpn_reset){
	    .mode = OPENVPN_AUTH,
	    .packet = p->come,
	    .time = read_time(p, replay + 4),
	    .hmac = part(p, BODY_AT, hmac),
	};
	return WIRE_YES;
}

static void read_crypt(const struct partial *p, enum openvpn_mode mode, struct openvpn_reset *out)
{
	*out = (struct openvpn_reset){
	    .mode = mode,
	    .packet = p->come,
	    .time = read_time(p, BODY_AT + 4),
	    .hmac = part(p, BODY_AT + REPLAY, OPENVPN_CRYPT_HMAC),
	    .sealed = part(p, CRYPT_SIZE - TAIL, TAIL),
	    .wrapped = part(p, CRYPT_SIZE, p->size - CRYPT_SIZE),
	};
}

/*
 *	kind 1, session 8, replay number 4, time 4, digest 32, and encrypted:
 *	acknowledgements 1, packet number 4
 */
static enum wire_verdict parse_crypt(const struct partial *p, struct openvpn_reset *out)
{
	if (bad_head(p, RESET_V2) || differs(p, BODY_AT, first_number, sizeof(first_number)))
		return WIRE_NO;
	if (p->come.n < p->size)
		return WIRE_MORE;
	read_crypt(p, OPENVPN_CRYPT, out);
	return WIRE_YES;
}

/*
 * As crypt, and behind it the client's key:
 *	digest 32, encrypted key and remarks 256.., length of all of it 2
 */
static enum wire_verdict parse_crypt2(const struct partial *p, struct openvpn_reset *out)
{
	size_t wrapped = p->size - CRYPT_SIZE;
	uint8_t length[2] = {(uint8_t)(wrapped >> 8), (uint8_t)wrapped};

	if (bad_head(p, RESET_V3) || differs(p, p->size - sizeof(length), length, sizeof(length)) ||
	    (differs(p, BODY_AT, first_number, sizeof(first_number)) &&
		differs(p, BODY_AT, early_number, sizeof(early_number))))
		return WIRE_NO;
	if (p->come.n < p->size)
		return WIRE_MORE;
	read_crypt(p, OPENVPN_CRYPT2, out);
	return WIRE_YES;
}

static const struct kind {
	size_t size_min, size_max;
	enum wire_verdict (*parse)(
	    const struct partial *p, struct openvpn_reset *out); /* of these sizes */
} kinds[OPENVPN_MODES] = {
    [OPENVPN_PLAIN] = {PLAIN_SIZE, PLAIN_SIZE, parse_plain},
    [OPENVPN_AUTH] = {PLAIN_SIZE + REPLAY + 16, PLAIN_SIZE + REPLAY + OPENVPN_HMAC_MAX, parse_auth},
    [OPENVPN_CRYPT] = {CRYPT_SIZE, CRYPT_SIZE, parse_crypt},
    [OPENVPN_CRYPT2] = {CRYPT_SIZE + WRAPPED_MIN, CRYPT_SIZE + OPENVPN_WRAPPED_MAX, parse_crypt2},
};

enum wire_verdict openvpn_parse(
    struct span bytes, bool datagram, enum openvpn_mode mode, struct openvpn_reset *out)
{
	const struct kind *kind = &kinds[mode];
	struct partial p = {.come = bytes, .size = bytes.n};
	uint16_t size;

	if (!datagram) {
		if (bytes.n == 0)
			return WIRE_MORE;
		if (bytes.p[0] < kind->size_min >> 8 || bytes.p[0] > kind->size_max >> 8)
			return WIRE_NO;
		if (!span_u16(&p.come, &size))
			return WIRE_MORE;
		p.size = size;
		p.come.n = p.come.n > size ? size : p.come.n;
	}
	if (p.size < kind->size_min || p.size > kind->size_max)
		return WIRE_NO;
	return kind->parse(&p, out);
}
