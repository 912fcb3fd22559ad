/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/openvpn_key.h"

#include <nettle/base16.h>
#include <nettle/base64.h>

#define WRAPPED_MIN 290
/* In base64; hexadecimal needs less, a group's key being short. */
#define TEXT_MAX (BASE64_ENCODE_RAW_LENGTH(OPENVPN_KEY_BYTES_MAX))

static const struct kind {
	const char *begin, *end;
	size_t size_min, size_max;
	bool hex;
} kinds[] = {
    [OPENVPN_KEY_GROUP] = {"-----BEGIN OpenVPN Static key V1-----",
	"-----END OpenVPN Static key V1-----", OPENVPN_KEY, OPENVPN_KEY, true},
    [OPENVPN_KEY_SERVER] = {"-----BEGIN OpenVPN tls-crypt-v2 server key-----",
	"-----END OpenVPN tls-crypt-v2 server key-----", OPENVPN_SERVER_KEY, OPENVPN_SERVER_KEY,
	false},
    [OPENVPN_KEY_CLIENT] = {"-----BEGIN OpenVPN tls-crypt-v2 client key-----",
	"-----END OpenVPN tls-crypt-v2 client key-----", OPENVPN_KEY + WRAPPED_MIN,
	OPENVPN_KEY_BYTES_MAX, false},
};

/* Without line breaks; false: too long to be a key. */
static bool join_lines(struct span text, char out[TEXT_MAX], size_t *length)
{
	size_t i;

	*length = 0;
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\r' || text.p[i] == '\n')
			continue;
		if (*length == TEXT_MAX)
			return false;
		out[(*length)++] = (char)text.p[i];
	}
	return true;
}

static bool decode_hex(const char *text, size_t n, struct openvpn_key *out)
{
	struct base16_decode_ctx ctx;

	out->size = sizeof(out->bytes);
	base16_decode_init(&ctx);
	return BASE16_DECODE_LENGTH(n) <= out->size &&
	       base16_decode_update(&ctx, &out->size, out->bytes, n, text) == 1 &&
	       base16_decode_final(&ctx) == 1;
}

static bool decode_base64(const char *text, size_t n, struct openvpn_key *out)
{
	struct base64_decode_ctx ctx;
	uint8_t bytes[BASE64_DECODE_LENGTH(TEXT_MAX)];
	size_t size = sizeof(bytes);

	base64_decode_init(&ctx);
	if (base64_decode_update(&ctx, &size, bytes, n, text) != 1 ||
	    base64_decode_final(&ctx) != 1 || size > sizeof(out->bytes))
		return false;
	memcpy(out->bytes, bytes, size);
	out->size = size;
	explicit_bzero(bytes, sizeof(bytes));
	return true;
}

/* The last two bytes of a wrapped key are its length. */
static bool wrapped_fits(const struct openvpn_key *key)
{
	struct span wrapped = openvpn_key_wrapped(key);

	return (size_t)(wrapped.p[wrapped.n - 2] << 8 | wrapped.p[wrapped.n - 1]) == wrapped.n;
}

int openvpn_key_parse(struct span text, enum openvpn_key_kind kind, struct openvpn_key *out)
{
	const struct kind *k = &kinds[kind];
	char joined[TEXT_MAX];
	size_t n;
	bool good;

	good = join_lines(text, joined, &n) &&
	       (k->hex ? decode_hex(joined, n, out) : decode_base64(joined, n, out)) &&
	       out->size >= k->size_min && out->size <= k->size_max &&
	       (kind != OPENVPN_KEY_CLIENT || wrapped_fits(out));
	explicit_bzero(joined, sizeof(joined));
	return good ? 0 : -1;
}

/* What follows the first place of mark in text; *before is what precedes it. */
static bool split(struct span text, const char *mark, struct span *before, struct span *after)
{
	const uint8_t *at = text.n > 0 ? memmem(text.p, text.n, mark, strlen(mark)) : NULL;

	if (at == NULL)
		return false;
	*before = span_of(text.p, (size_t)(at - text.p));
	*after = text;
	return span_skip(after, before->n + strlen(mark));
}

int openvpn_key_file_parse(struct span text, enum openvpn_key_kind kind, struct openvpn_key *out)
{
	struct span before, body, rest;

	if (!split(text, kinds[kind].begin, &before, &rest) ||
	    !split(rest, kinds[kind].end, &body, &rest))
		return -1;
	return openvpn_key_parse(body, kind, out);
}

struct span openvpn_key_wrapped(const struct openvpn_key *key)
{
	return span_of(key->bytes + OPENVPN_KEY, key->size - OPENVPN_KEY);
}
