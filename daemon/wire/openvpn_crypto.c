/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/openvpn_crypto.h"

#include <strings.h>

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha3.h>

#define QUARTER 64 /* a key is two pairs: to encrypt, to sign */
#define HEAD 9     /* kind and session */
#define REPLAY 8
#define TAIL 5

/* ---- digests ------------------------------------------------------------------------------- */

struct openvpn_digest {
	const char *names[3]; /* NULL: fewer */
	const struct nettle_hash *hash;
};

/* SHAKE with an output of 64 bytes. */
static void shake256_init(void *ctx)
{
	sha3_256_init(ctx);
}

static void shake256_update(void *ctx, size_t length, const uint8_t *bytes)
{
	sha3_256_update(ctx, length, bytes);
}

static void shake256_digest(void *ctx, size_t length, uint8_t *digest)
{
	sha3_256_shake(ctx, length, digest);
}

static const struct nettle_hash shake256 = {
    .name = "shake256",
    .context_size = sizeof(struct sha3_256_ctx),
    .digest_size = 64,
    .block_size = SHA3_256_BLOCK_SIZE,
    .init = shake256_init,
    .update = shake256_update,
    .digest = shake256_digest,
};

/* OpenSSL's MD5-SHA1: both, one behind the other, as one digest. */
struct md5_sha1_ctx {
	struct md5_ctx md5;
	struct sha1_ctx sha1;
};

static void md5_sha1_init(void *ctx)
{
	struct md5_sha1_ctx *c = ctx;

	md5_init(&c->md5);
	sha1_init(&c->sha1);
}

static void md5_sha1_update(void *ctx, size_t length, const uint8_t *bytes)
{
	struct md5_sha1_ctx *c = ctx;

	md5_update(&c->md5, length, bytes);
	sha1_update(&c->sha1, length, bytes);
}

static void md5_sha1_digest(void *ctx, size_t length, uint8_t *digest)
{
	struct md5_sha1_ctx *c = ctx;

	md5_digest(&c->md5, MD5_DIGEST_SIZE, digest);
	sha1_digest(&c->sha1, length - MD5_DIGEST_SIZE, digest + MD5_DIGEST_SIZE);
}

static const struct nettle_hash md5_sha1 = {
    .name = "md5-sha1",
    .context_size = sizeof(struct md5_sha1_ctx),
    .digest_size = MD5_DIGEST_SIZE + SHA1_DIGEST_SIZE,
    .block_size = MD5_BLOCK_SIZE,
    .init = md5_sha1_init,
    .update = md5_sha1_update,
    .digest = md5_sha1_digest,
};

static const struct openvpn_digest digests[] = {
    {{"md5", "ssl3-md5"}, &nettle_md5},
    {{"sha1", "sha-1", "ssl3-sha1"}, &nettle_sha1},
    {{"ripemd160", "ripemd-160", "rmd160"}, &nettle_ripemd160},
    {{"sha224", "sha-224", "sha2-224"}, &nettle_sha224},
    {{"sha256", "sha-256", "sha2-256"}, &nettle_sha256},
    {{"sha384", "sha-384", "sha2-384"}, &nettle_sha384},
    {{"sha512", "sha-512", "sha2-512"}, &nettle_sha512},
    {{"sha512-224", "sha-512/224", "sha2-512/224"}, &nettle_sha512_224},
    {{"sha512-256", "sha-512/256", "sha2-512/256"}, &nettle_sha512_256},
    {{"sha3-224"}, &nettle_sha3_224},
    {{"sha3-256"}, &nettle_sha3_256},
    {{"sha3-384"}, &nettle_sha3_384},
    {{"sha3-512"}, &nettle_sha3_512},
    {{"shake256", "shake-256"}, &shake256},
    {{"md5-sha1", "md5+sha1", "md5sha1"}, &md5_sha1},
};

/* Of OpenSSL's and so OpenVPN's, neither nettle nor GnuTLS has these. */
static const char *const missing_digests[] = {
    "blake2s-256", "blake2s256", "blake2b-512", "blake2b512", "shake128", "shake-128"};

const struct openvpn_digest *openvpn_digest_find(const char *name, bool *missing)
{
	size_t i, k;

	*missing = false;
	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		for (k = 0; k < 3 && digests[i].names[k] != NULL; k++) {
			if (strcasecmp(digests[i].names[k], name) == 0)
				return &digests[i];
		}
	}
	for (i = 0; i < sizeof(missing_digests) / sizeof(missing_digests[0]); i++)
		*missing = *missing || strcasecmp(missing_digests[i], name) == 0;
	return NULL;
}

size_t openvpn_digest_size(const struct openvpn_digest *digest)
{
	return digest->hash->digest_size;
}

/* ---- checks -------------------------------------------------------------------------------- */

union state {
	struct md5_ctx md5;
	struct sha1_ctx sha1;
	struct md5_sha1_ctx md5_sha1;
	struct ripemd160_ctx ripemd160;
	struct sha256_ctx sha256;
	struct sha512_ctx sha512;
	struct sha3_224_ctx sha3_224;
	struct sha3_256_ctx sha3_256;
	struct sha3_384_ctx sha3_384;
	struct sha3_512_ctx sha3_512;
};

/* The HMAC of parts, one behind the other. OpenVPN takes as much of a key as the digest is long. */
static void sign(const struct nettle_hash *hash, const uint8_t *key, const struct span *parts,
    size_t count, uint8_t *out)
{
	union state outer, inner, state;
	size_t i;

	nettle_hmac_set_key(&outer, &inner, &state, hash, hash->digest_size, key);
	for (i = 0; i < count; i++)
		nettle_hmac_update(&state, hash, parts[i].n, parts[i].p);
	nettle_hmac_digest(&outer, &inner, &state, hash, hash->digest_size, out);
}

static bool is_signed(const struct openvpn_digest *digest, const uint8_t *key,
    const struct span parts[3], struct span hmac)
{
	uint8_t out[OPENVPN_HMAC_MAX];

	if (hmac.n != openvpn_digest_size(digest))
		return false;
	sign(digest->hash, key, parts, 3, out);
	return memeql_sec(out, hmac.p, hmac.n);
}

bool openvpn_check_auth(const struct openvpn_reset *reset, const uint8_t key[OPENVPN_KEY],
    enum openvpn_direction direction, const struct openvpn_digest *digest)
{
	const uint8_t *own = key + (direction == OPENVPN_NORMAL ? 3 : 1) * QUARTER;
	const uint8_t *replay = reset->hmac.p + reset->hmac.n;
	struct span parts[3] = {span_of(replay, REPLAY), span_of(reset->packet.p, HEAD),
	    span_of(replay + REPLAY, TAIL)};
	size_t i;

	if (digest != NULL)
		return is_signed(digest, own, parts, reset->hmac);
	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		if (is_signed(&digests[i], own, parts, reset->hmac))
			return true;
	}
	return false;
}

/* AES-256 in counter mode, which begins with the first half of the digest. */
static void decrypt(const uint8_t *key, struct span hmac, struct span sealed, uint8_t *out)
{
	struct CTR_CTX(struct aes256_ctx, AES_BLOCK_SIZE) ctx;

	aes256_set_encrypt_key(&ctx.ctx, key);
	CTR_SET_COUNTER(&ctx, hmac.p);
	CTR_CRYPT(&ctx, aes256_encrypt, sealed.n, out, sealed.p);
}

bool openvpn_check_crypt(const struct openvpn_reset *reset, const uint8_t key[OPENVPN_KEY])
{
	static const uint8_t first[TAIL];
	uint8_t tail[TAIL], hmac[OPENVPN_CRYPT_HMAC];
	struct span parts[] = {span_of(reset->packet.p, HEAD + REPLAY), span_of(tail, TAIL)};

	decrypt(key + 2 * QUARTER, reset->hmac, reset->sealed, tail);
	sign(&nettle_sha256, key + 3 * QUARTER, parts, 2, hmac);
	return memeql_sec(hmac, reset->hmac.p, sizeof(hmac)) && memcmp(tail, first, TAIL) == 0;
}

bool openvpn_unwrap(
    struct span wrapped, const uint8_t server_key[OPENVPN_SERVER_KEY], uint8_t key[OPENVPN_KEY])
{
	uint8_t plain[OPENVPN_WRAPPED_MAX], hmac[OPENVPN_CRYPT_HMAC];
	struct span s = wrapped, digest, sealed;
	struct span parts[2];
	bool good = false;

	if (wrapped.n > OPENVPN_WRAPPED_MAX || !span_take(&s, OPENVPN_CRYPT_HMAC, &digest) ||
	    s.n < OPENVPN_KEY + 2 || !span_take(&s, s.n - 2, &sealed))
		return false;
	decrypt(server_key, digest, sealed, plain);
	parts[0] = s;
	parts[1] = span_of(plain, sealed.n);
	sign(&nettle_sha256, server_key + QUARTER, parts, 2, hmac);
	good = memeql_sec(hmac, digest.p, sizeof(hmac));
	if (good)
		memcpy(key, plain, OPENVPN_KEY);
	explicit_bzero(plain, sizeof(plain));
	return good;
}
