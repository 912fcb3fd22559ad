/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/quic.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define ID_MIN 8 /* of a client that has no token: RFC 9000 section 7.2 */
#define SAMPLE_SIZE 16
#define TAG_SIZE 16
#define HELLO_HEADER 4
#define CLIENT_HELLO 1
#define TLS13 0x0304

/* ---- versions ------------------------------------------------------------------------------ */

/* Types of long header packets, in the order of their two bits in version 1. */
enum packet_type { PACKET_INITIAL, PACKET_0RTT, PACKET_HANDSHAKE, PACKET_RETRY };

static const struct version {
	uint32_t number;
	const char *name;
	uint8_t salt[20];
	const char *key, *iv, *hp;
	enum packet_type types[4]; /* by the two bits */
} versions[] = {
    {QUIC_VERSION_1, "v1",
	{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c,
	    0xad, 0xcc, 0xbb, 0x7f, 0x0a},
	"quic key", "quic iv", "quic hp",
	{PACKET_INITIAL, PACKET_0RTT, PACKET_HANDSHAKE, PACKET_RETRY}},
    {QUIC_VERSION_2, "v2",
	{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d,
	    0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
	"quicv2 key", "quicv2 iv", "quicv2 hp",
	{PACKET_RETRY, PACKET_INITIAL, PACKET_0RTT, PACKET_HANDSHAKE}},
    {QUIC_VERSION_DRAFT_29, "draft-29",
	{0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11,
	    0xe0, 0x43, 0x90, 0xa8, 0x99},
	"quic key", "quic iv", "quic hp",
	{PACKET_INITIAL, PACKET_0RTT, PACKET_HANDSHAKE, PACKET_RETRY}},
};

static const struct version *find_version(uint32_t number)
{
	size_t i;

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].number == number)
			return &versions[i];
	return NULL;
}

const char *quic_version_name(uint32_t number)
{
	const struct version *version = find_version(number);

	return version != NULL ? version->name : NULL;
}

/* ---- keys ---------------------------------------------------------------------------------- */

static gnutls_datum_t datum(const void *bytes, size_t n)
{
	return (gnutls_datum_t){(unsigned char *)bytes, (unsigned)n};
}

/* HKDF-Expand-Label of RFC 8446 section 7.1 with SHA-256 and no context. */
static int expand_label(const uint8_t secret[32], const char *label, uint8_t *out, size_t n)
{
	uint8_t info[2 + 1 + 6 + 16 + 1];
	size_t length = strlen(label);
	gnutls_datum_t key = datum(secret, 32), d = datum(info, 2 + 1 + 6 + length + 1);

	info[0] = 0;
	info[1] = (uint8_t)n;
	info[2] = (uint8_t)(6 + length);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, length);
	info[9 + length] = 0;
	return gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &key, &d, out, n);
}

int quic_client_keys(uint32_t number, struct span id, struct quic_keys *out)
{
	const struct version *v = find_version(number);
	uint8_t initial[32], secret[32];
	gnutls_datum_t salt, key = datum(id.p, id.n);

	if (v == NULL)
		return -1;
	salt = datum(v->salt, sizeof(v->salt));
	if (gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &key, &salt, initial) < 0 ||
	    expand_label(initial, "client in", secret, sizeof(secret)) < 0 ||
	    expand_label(secret, v->key, out->key, sizeof(out->key)) < 0 ||
	    expand_label(secret, v->iv, out->iv, sizeof(out->iv)) < 0 ||
	    expand_label(secret, v->hp, out->hp, sizeof(out->hp)) < 0)
		return -1;
	return 0;
}

/* AES-128 of one block, which GnuTLS does not offer by itself: CBC with nothing to chain. */
static int header_mask(const uint8_t hp[16], struct span sample, uint8_t out[SAMPLE_SIZE])
{
	uint8_t zeros[16] = {0};
	gnutls_datum_t key = datum(hp, 16), iv = datum(zeros, sizeof(zeros));
	gnutls_cipher_hd_t cipher;
	int rc;

	if (gnutls_cipher_init(&cipher, GNUTLS_CIPHER_AES_128_CBC, &key, &iv) < 0)
		return -1;
	rc = gnutls_cipher_encrypt2(cipher, sample.p, SAMPLE_SIZE, out, SAMPLE_SIZE);
	gnutls_cipher_deinit(cipher);
	return rc < 0 ? -1 : 0;
}

/* ---- packets ------------------------------------------------------------------------------- */

/* RFC 9000 section 16 */
static bool take_varint(struct span *s, uint64_t *out)
{
	struct span t = *s, bytes;
	size_t i;

	if (t.n == 0 || !span_take(&t, (size_t)1 << (t.p[0] >> 6), &bytes))
		return false;
	*out = bytes.p[0] & 0x3f;
	for (i = 1; i < bytes.n; i++)
		*out = *out << 8 | bytes.p[i];
	*s = t;
	return true;
}

/* A run of bytes whose length stands before it. */
static bool take_counted(struct span *s, struct span *out)
{
	struct span t = *s;
	uint64_t n;

	if (!take_varint(&t, &n) || n > t.n || !span_take(&t, (size_t)n, out))
		return false;
	*s = t;
	return true;
}

struct packet {
	uint8_t first; /* byte, its low bits protected */
	enum packet_type type;
	struct span id, token;
	struct span header; /* up to the packet number */
	struct span rest;   /* packet number, protected frames, tag */
};

/*
 *	first           1   1, 1, type (2), then protected: reserved (2), length of the number (2)
 *	version         4
 *	destination id      a byte of length
 *	source id           likewise
 *	token               Initial alone: a varint of length
 *	length              varint, of what follows
 *	number, frames, tag
 */
static bool take_packet(struct span *s, uint32_t *version, struct packet *out)
{
	struct span t = *s, source;
	const struct version *v;

	if (!span_u8(&t, &out->first) || (out->first & 0xc0) != 0xc0 || !span_u32(&t, version))
		return false;
	v = find_version(*version);
	if (v == NULL || !span_vec8(&t, &out->id) || out->id.n > QUIC_ID_MAX ||
	    !span_vec8(&t, &source) || source.n > QUIC_ID_MAX)
		return false;
	out->type = v->types[out->first >> 4 & 3];
	out->token = span_of(NULL, 0);
	if (out->type == PACKET_RETRY ||
	    (out->type == PACKET_INITIAL && !take_counted(&t, &out->token)) ||
	    !take_counted(&t, &out->rest))
		return false;
	out->header = span_of(s->p, (size_t)(out->rest.p - s->p));
	*s = t;
	return true;
}

bool quic_may_begin(struct span datagram)
{
	uint32_t version;
	uint8_t first;

	return datagram.n >= QUIC_INITIAL_DATAGRAM_MIN && span_u8(&datagram, &first) &&
	       (first & 0xc0) == 0xc0 && span_u32(&datagram, &version) &&
	       find_version(version) != NULL;
}

/* The header as it was before protection, with the packet number. false: it is too short. */
static bool unprotect_header(
    const struct quic_keys *keys, const struct packet *p, struct buf *header, uint64_t *number)
{
	uint8_t mask[SAMPLE_SIZE], byte;
	struct span sample = p->rest;
	size_t size, i;

	if (!span_skip(&sample, 4) || sample.n < SAMPLE_SIZE ||
	    header_mask(keys->hp, sample, mask) == -1)
		return false;
	byte = p->first ^ (mask[0] & 0x0f);
	size = (size_t)(byte & 3) + 1;
	buf_append(header, &byte, 1);
	buf_append(header, p->header.p + 1, p->header.n - 1);
	*number = 0;
	for (i = 0; i < size; i++) {
		byte = p->rest.p[i] ^ mask[1 + i];
		buf_append(header, &byte, 1);
		*number = *number << 8 | byte;
	}
	return true;
}

/* Decrypts what follows number_size bytes of p's rest; header is authenticated with it. */
static bool open_payload(const struct quic_keys *keys, const struct packet *p, struct span header,
    uint64_t number, struct buf *out)
{
	size_t number_size = header.n - p->header.n, n = p->rest.n - number_size, i;
	gnutls_datum_t key = datum(keys->key, sizeof(keys->key));
	uint8_t nonce[sizeof(keys->iv)];
	gnutls_aead_cipher_hd_t aead;
	int rc;

	if (n < TAG_SIZE || gnutls_aead_cipher_init(&aead, GNUTLS_CIPHER_AES_128_GCM, &key) < 0)
		return false;
	memcpy(nonce, keys->iv, sizeof(nonce));
	for (i = 0; i < 8; i++)
		nonce[sizeof(nonce) - 1 - i] ^= (uint8_t)(number >> (8 * i));
	rc = gnutls_aead_cipher_decrypt(aead, nonce, sizeof(nonce), header.p, header.n, TAG_SIZE,
	    p->rest.p + number_size, n, buf_reserve(out, n), &n);
	gnutls_aead_cipher_deinit(aead);
	if (rc < 0)
		return false;
	buf_commit(out, n);
	return true;
}

/* *frames is empty before. The reserved bits must be zero: RFC 9000 section 17.2. */
static bool decrypt(const struct quic_keys *keys, const struct packet *p, struct buf *frames)
{
	struct buf header = {0};
	uint64_t number;
	bool done = unprotect_header(keys, p, &header, &number) &&
		    open_payload(keys, p, buf_span(&header), number, frames) &&
		    (header.data[header.start] & 0x0c) == 0;

	buf_fini(&header);
	return done;
}

/* ---- frames -------------------------------------------------------------------------------- */

/* Does data agree with what is already there of it? Two readers could take either otherwise. */
static bool agrees(const struct quic_gather *g, size_t from, struct span data)
{
	const uint8_t *have = buf_span(&g->crypto).p;
	size_t i, low, high;

	for (i = 0; i < g->piece_count; i++) {
		low = g->pieces[i].from > from ? g->pieces[i].from : from;
		high = g->pieces[i].to < from + data.n ? g->pieces[i].to : from + data.n;
		if (low < high && memcmp(have + low, data.p + (low - from), high - low) != 0)
			return false;
	}
	return true;
}

/* Adds from..to to the pieces, joining those that it touches. */
static bool add_piece(struct quic_gather *g, size_t from, size_t to)
{
	struct quic_piece *p = g->pieces;
	size_t first = 0, last;

	while (first < g->piece_count && p[first].to < from)
		first++;
	for (last = first; last < g->piece_count && p[last].from <= to; last++) {
		from = p[last].from < from ? p[last].from : from;
		to = p[last].to > to ? p[last].to : to;
	}
	if (last == first && g->piece_count == QUIC_PIECES_MAX)
		return false;
	memmove(p + first + 1, p + last, (g->piece_count - last) * sizeof(*p));
	g->piece_count = g->piece_count - (last - first) + 1;
	p[first] = (struct quic_piece){(uint16_t)from, (uint16_t)to};
	return true;
}

static bool add_crypto(struct quic_gather *g, uint64_t offset, struct span data)
{
	size_t from, to, held = buf_len(&g->crypto);

	if (offset > QUIC_CRYPTO_MAX || data.n > QUIC_CRYPTO_MAX - offset)
		return false;
	if (data.n == 0)
		return true;
	from = (size_t)offset;
	to = from + data.n;
	if (!agrees(g, from, data))
		return false;
	if (to > held) {
		memset(buf_reserve(&g->crypto, to - held), 0, to - held);
		buf_commit(&g->crypto, to - held);
	}
	memcpy(g->crypto.data + g->crypto.start + from, data.p, data.n);
	return add_piece(g, from, to);
}

/* RFC 9000 section 19.3: nothing in it is of use here. */
static bool skip_ack(struct span *s, bool counts)
{
	uint64_t ignored, ranges;

	if (!take_varint(s, &ignored) || !take_varint(s, &ignored) || !take_varint(s, &ranges) ||
	    !take_varint(s, &ignored))
		return false;
	for (ranges = ranges * 2 + (counts ? 3 : 0); ranges > 0; ranges--)
		if (!take_varint(s, &ignored))
			return false;
	return true;
}

/* Frames that an Initial packet may have (RFC 9000 section 17.2.2), but none that ends it all. */
static bool take_frames(struct quic_gather *g, struct span s)
{
	enum { PADDING = 0, PING = 1, ACK = 2, ACK_ECN = 3, CRYPTO = 6 };
	struct span data;
	uint64_t offset;
	uint8_t type;

	if (s.n == 0)
		return false;
	while (span_u8(&s, &type)) {
		switch (type) {
		case PADDING:
		case PING:
			break;
		case ACK:
		case ACK_ECN:
			if (!skip_ack(&s, type == ACK_ECN))
				return false;
			break;
		case CRYPTO:
			if (!take_varint(&s, &offset) || !take_counted(&s, &data) ||
			    !add_crypto(g, offset, data))
				return false;
			break;
		default:
			return false;
		}
	}
	return true;
}

/* ---- gathering ----------------------------------------------------------------------------- */

static bool offers_tls13(const struct hello *hello)
{
	struct span versions_offered = hello->versions;
	uint16_t version;

	while (span_u16(&versions_offered, &version))
		if (version == TLS13)
			return true;
	return false;
}

/* What the pieces amount to. */
static enum wire_verdict look(struct quic_gather *g)
{
	struct span s = buf_span(&g->crypto), body;
	uint32_t length;
	uint8_t type;

	if (g->piece_count == 0 || g->pieces[0].from > 0)
		return WIRE_MORE;
	s.n = g->pieces[0].to;
	if (!span_u8(&s, &type))
		return WIRE_MORE;
	if (type != CLIENT_HELLO)
		return WIRE_NO;
	if (!span_u24(&s, &length))
		return WIRE_MORE;
	if (length > QUIC_CRYPTO_MAX - HELLO_HEADER)
		return WIRE_NO;
	if (!span_take(&s, length, &body))
		return WIRE_MORE;
	return hello_parse_body(body, &g->hello) == HELLO_OK && offers_tls13(&g->hello) ? WIRE_YES
											: WIRE_NO;
}

/* The first Initial packet says which keys hold. */
static bool set_keys(struct quic_gather *g, const struct packet *p)
{
	if (p->id.n < ID_MIN && p->token.n == 0)
		return false;
	memcpy(g->id, p->id.p, p->id.n);
	g->id_size = (uint8_t)p->id.n;
	g->keyed = quic_client_keys(g->version, p->id, &g->keys) == 0;
	return g->keyed;
}

/* false: it is not QUIC, or breaks it. What cannot be read once the client is known is ignored. */
static bool take_initial(struct quic_gather *g, const struct packet *p, size_t datagram_size)
{
	struct buf frames = {0};
	bool fine = g->trusted;

	if (datagram_size < QUIC_INITIAL_DATAGRAM_MIN || (!g->keyed && !set_keys(g, p)))
		return fine;
	if (span_eq(p->id, span_of(g->id, g->id_size)) && decrypt(&g->keys, p, &frames)) {
		g->trusted = true;
		fine = take_frames(g, buf_span(&frames));
	}
	buf_fini(&frames);
	return fine;
}

/* Packets that share a datagram: RFC 9000 section 12.2. */
static bool take_datagram(struct quic_gather *g, struct span datagram)
{
	struct span s = datagram;
	uint32_t version;
	struct packet p;

	while (s.n > 0) {
		if (!take_packet(&s, &version, &p))
			return g->version != 0; /* what follows is not a packet of this kind */
		if (g->version == 0)
			g->version = version;
		if (version != g->version)
			return true;
		if (p.type == PACKET_INITIAL && !take_initial(g, &p, datagram.n))
			return false;
	}
	return g->version != 0;
}

enum wire_verdict quic_gather_add(struct quic_gather *g, struct span datagram)
{
	if (g->version != 0 && g->verdict != WIRE_MORE)
		return g->verdict;
	g->verdict = take_datagram(g, datagram) ? look(g) : WIRE_NO;
	if (g->version == 0) /* so that the verdict stays */
		g->version = UINT32_MAX;
	return g->verdict;
}

void quic_gather_fini(struct quic_gather *g)
{
	buf_fini(&g->crypto);
}
