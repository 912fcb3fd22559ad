/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/hello.h"

#include <stddef.h>

#define CONTENT_HANDSHAKE 22
#define MESSAGE_CLIENT_HELLO 1
#define FRAGMENT_MAX (16384 + 256)
#define SESSION_ID_MAX 32

enum {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_VERSIONS = 43,
};

/* A list of 16-bit values: never empty in a hello, and never half a value. */
static bool values_valid(struct span list)
{
	return list.n >= 2 && list.n % 2 == 0;
}

/* RFC 6066 section 3: at most one name of a type, no empty ones. */
static bool parse_server_name(struct span data, struct hello *out)
{
	struct span list, name;
	uint8_t type;

	if (!span_vec16(&data, &list) || data.n != 0 || list.n == 0)
		return false;
	while (list.n > 0) {
		if (!span_u8(&list, &type) || !span_vec16(&list, &name) || name.n == 0)
			return false;
		if (type != 0)
			continue;
		/* A NUL would make two names of one wherever a C string is made of it. */
		if (out->server_name.n != 0 || memchr(name.p, 0, name.n) != NULL)
			return false;
		out->server_name = name;
	}
	return true;
}

/* RFC 7301 section 3.1 */
static bool parse_alpn(struct span data, struct hello *out)
{
	struct span list, name;

	if (!span_vec16(&data, &out->alpn) || data.n != 0 || out->alpn.n == 0)
		return false;
	list = out->alpn;
	while (list.n > 0) {
		if (!span_vec8(&list, &name) || name.n == 0)
			return false;
	}
	return true;
}

static bool parse_versions(struct span data, struct hello *out)
{
	return span_vec8(&data, &out->versions) && data.n == 0 && values_valid(out->versions);
}

static bool parse_values(struct span data, struct span *out)
{
	return span_vec16(&data, out) && data.n == 0 && values_valid(*out);
}

static bool parse_extension(uint16_t type, struct span data, bool last, struct hello *out)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		return parse_server_name(data, out);
	case EXTENSION_GROUPS:
		return parse_values(data, &out->groups);
	case EXTENSION_SIGNATURES:
		return parse_values(data, &out->signatures);
	case EXTENSION_ALPN:
		return parse_alpn(data, out);
	case EXTENSION_VERSIONS:
		return parse_versions(data, out);
	case EXTENSION_PRE_SHARED_KEY:
		return last; /* RFC 8446 section 4.2.11 */
	default:
		return true;
	}
}

/* RFC 8446 section 4.2: no type twice. */
static bool parse_extensions(struct hello *out)
{
	uint64_t seen[65536 / 64] = {0}, bit;
	struct span list = out->extensions, data;
	uint16_t type;

	while (list.n > 0) {
		if (!span_u16(&list, &type) || !span_vec16(&list, &data))
			return false;
		bit = UINT64_C(1) << (type % 64);
		if (seen[type / 64] & bit)
			return false;
		seen[type / 64] |= bit;
		if (!parse_extension(type, data, list.n == 0, out))
			return false;
	}
	return true;
}

/*
 *	legacy_version      2
 *	random             32
 *	legacy_session_id   1 + 0..32
 *	cipher_suites       2 + 2..
 *	legacy_compression  1 + 1..
 *	extensions          2 + 0..    (absent in old clients)
 */
enum hello_result hello_parse_body(struct span body, struct hello *out)
{
	*out = (struct hello){0};
	if (!span_u16(&body, &out->version) || !span_take(&body, 32, &out->random) ||
	    !span_vec8(&body, &out->session_id) || out->session_id.n > SESSION_ID_MAX ||
	    !span_vec16(&body, &out->ciphers) || !values_valid(out->ciphers) ||
	    !span_vec8(&body, &out->compression) || out->compression.n == 0)
		return HELLO_BAD;
	if (body.n == 0)
		return HELLO_OK;
	if (!span_vec16(&body, &out->extensions) || body.n != 0)
		return HELLO_BAD;
	return parse_extensions(out) ? HELLO_OK : HELLO_BAD;
}

/* A record (RFC 8446 section 5.1) as far as it is there. */
struct record {
	size_t length;        /* of the fragment, as its header says */
	struct span fragment; /* what is there of it */
};

/* HELLO_OK, HELLO_MORE while the header is cut, other if this is no handshake record, or BAD. */
static enum hello_result next_record(
    struct span *bytes, enum hello_result other, struct record *out)
{
	uint8_t type, major, minor;
	uint16_t length;

	if (!span_u8(bytes, &type))
		return HELLO_MORE;
	if (type != CONTENT_HANDSHAKE)
		return other;
	if (!span_u8(bytes, &major))
		return HELLO_MORE;
	if (major != 3)
		return other;
	if (!span_u8(bytes, &minor) || !span_u16(bytes, &length))
		return HELLO_MORE;
	if (length == 0 || length > FRAGMENT_MAX)
		return HELLO_BAD;
	out->length = length;
	span_take(bytes, bytes->n < length ? bytes->n : length, &out->fragment);
	return HELLO_OK;
}

/* What is known of the handshake message while its records are gone through. */
struct message {
	uint8_t head[4]; /* type and 24-bit length */
	size_t got;      /* bytes seen, head included */
	size_t need;     /* the whole, head included; 0 while head is incomplete */
};

static enum hello_result message_add(struct message *m, const struct record *r)
{
	size_t start = m->got, i;

	for (i = 0; i < r->fragment.n && start + i < sizeof(m->head); i++)
		m->head[start + i] = r->fragment.p[i];
	m->got += r->fragment.n;
	if (m->got > 0 && m->head[0] != MESSAGE_CLIENT_HELLO)
		return HELLO_NO;
	if (m->got < sizeof(m->head))
		return HELLO_MORE;
	m->need = 4 + ((size_t)m->head[1] << 16 | (size_t)m->head[2] << 8 | m->head[3]);
	/* A client has nothing to say behind its hello before the server answered. */
	if (m->need > HELLO_SIZE_MAX + 4 || start + r->length > m->need)
		return HELLO_BAD;
	return m->got == m->need ? HELLO_OK : HELLO_MORE;
}

static void assemble(struct span bytes, size_t need, struct buf *out)
{
	struct record r;

	buf_clear(out);
	while (buf_len(out) < need && next_record(&bytes, HELLO_BAD, &r) == HELLO_OK)
		buf_append(out, r.fragment.p, r.fragment.n);
}

/* The message, head included: in bytes where one record holds it, else in assembled. */
static enum hello_result find_message(
    struct span bytes, struct buf *assembled, struct span *message)
{
	struct message m = {0};
	struct span rest = bytes;
	struct record r;
	enum hello_result result;

	do {
		result = next_record(&rest, m.got == 0 ? HELLO_NO : HELLO_BAD, &r);
		if (result == HELLO_OK)
			result = message_add(&m, &r);
		else
			return result;
	} while (result == HELLO_MORE && r.fragment.n == r.length);
	if (result != HELLO_OK)
		return result;
	if (r.length == m.need) {
		*message = r.fragment;
	} else {
		assemble(bytes, m.need, assembled);
		*message = buf_span(assembled);
	}
	return HELLO_OK;
}

enum hello_result hello_parse(struct span bytes, struct buf *assembled, struct hello *out)
{
	struct span message;
	enum hello_result result = find_message(bytes, assembled, &message);

	if (result != HELLO_OK)
		return result;
	span_skip(&message, 4);
	return hello_parse_body(message, out);
}
