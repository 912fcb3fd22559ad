/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes protected Initial packets, as a client does, for the tests of wire/quic.
 */
#ifndef TESTS_UNIT_QUIC_SEAL_H
#define TESTS_UNIT_QUIC_SEAL_H

#include <stdlib.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "common/buf.h"
#include "daemon/wire/quic.h"

/* What a packet is made with. */
struct quic_recipe {
	uint32_t version;
	struct span id, source, token;
	uint64_t number;
	unsigned number_size; /* 1 to 4 */
	uint8_t reserved;     /* the two bits, 0 in what is right */
	size_t size;          /* of the packet, at least */
};

static inline void quic_must(bool condition)
{
	if (!condition)
		abort();
}

static inline void quic_put_number(struct buf *b, uint64_t value, unsigned size)
{
	uint8_t byte;

	while (size-- > 0) {
		byte = (uint8_t)(value >> (8 * size));
		buf_append(b, &byte, 1);
	}
}

/* As a varint of two bytes. */
static inline void quic_put_varint(struct buf *b, uint64_t value)
{
	quic_must(value < 0x4000);
	quic_put_number(b, value | 0x4000, 2);
}

static inline void quic_put_span(struct buf *b, struct span s)
{
	buf_append(b, s.p, s.n);
}

static inline void quic_put_header(struct buf *b, const struct quic_recipe *r, size_t length)
{
	unsigned type = r->version == QUIC_VERSION_2 ? 1 : 0;

	quic_put_number(
	    b, 0xc0u | type << 4 | (unsigned)r->reserved << 2 | (r->number_size - 1), 1);
	quic_put_number(b, r->version, 4);
	quic_put_number(b, r->id.n, 1);
	quic_put_span(b, r->id);
	quic_put_number(b, r->source.n, 1);
	quic_put_span(b, r->source);
	if (r->token.n > 0)
		quic_put_varint(b, r->token.n);
	else
		quic_put_number(b, 0, 1);
	quic_put_span(b, r->token);
	quic_put_varint(b, r->number_size + length + 16);
	quic_put_number(b, r->number, r->number_size);
}

/* packet has the header; appends the frames and their tag. */
static inline void quic_encrypt(const struct quic_keys *keys, const struct quic_recipe *r,
    struct buf *packet, struct span frames)
{
	gnutls_datum_t key = {(unsigned char *)keys->key, sizeof(keys->key)};
	gnutls_aead_cipher_hd_t aead;
	size_t header = buf_len(packet), n = frames.n + 16;
	uint8_t nonce[12];
	int i;

	memcpy(nonce, keys->iv, sizeof(nonce));
	for (i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(r->number >> (8 * i));
	quic_must(gnutls_aead_cipher_init(&aead, GNUTLS_CIPHER_AES_128_GCM, &key) == 0);
	buf_reserve(packet, n);
	quic_must(gnutls_aead_cipher_encrypt(aead, nonce, sizeof(nonce), packet->data, header, 16,
		      frames.p, frames.n, packet->data + header, &n) == 0);
	buf_commit(packet, n);
	gnutls_aead_cipher_deinit(aead);
}

static inline void quic_protect(
    const struct quic_keys *keys, const struct quic_recipe *r, struct buf *packet, size_t header)
{
	uint8_t zeros[16] = {0}, mask[16], *number = packet->data + header - r->number_size;
	gnutls_datum_t key = {(unsigned char *)keys->hp, sizeof(keys->hp)}, iv = {zeros, 16};
	gnutls_cipher_hd_t cipher;
	unsigned i;

	quic_must(gnutls_cipher_init(&cipher, GNUTLS_CIPHER_AES_128_CBC, &key, &iv) == 0);
	quic_must(gnutls_cipher_encrypt2(cipher, number + 4, 16, mask, 16) == 0);
	gnutls_cipher_deinit(cipher);
	packet->data[0] ^= mask[0] & 0x0f;
	for (i = 0; i < r->number_size; i++)
		number[i] ^= mask[1 + i];
}

/* An Initial packet of these frames, and as much padding as r->size wants, into packet (empty). */
static inline void quic_seal(const struct quic_recipe *r, struct span frames, struct buf *packet)
{
	struct buf padded = {0};
	struct quic_keys keys;
	size_t header, n;

	quic_must(quic_client_keys(r->version, r->id, &keys) == 0);
	quic_put_span(&padded, frames);
	quic_put_header(packet, r, 0);
	header = buf_len(packet);
	n = header + frames.n + 16;
	if (n < r->size) {
		memset(buf_reserve(&padded, r->size - n), 0, r->size - n);
		buf_commit(&padded, r->size - n);
	}
	buf_clear(packet);
	quic_put_header(packet, r, buf_len(&padded));
	quic_encrypt(&keys, r, packet, buf_span(&padded));
	quic_protect(&keys, r, packet, header);
	buf_fini(&padded);
}

#endif
