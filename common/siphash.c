/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash: a fast short-input PRF, Aumasson and Bernstein, 2012. */
#include <config.h>

#include "common/siphash.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static uint64_t little_endian(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	while (n-- > 0)
		x = x << 8 | p[n];
	return x;
}

static void rounds(struct sip *s, int count)
{
	while (count-- > 0) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

static void take_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	rounds(s, 2);
	s->v0 ^= word;
}

uint64_t siphash_with(const uint8_t key[16], const void *bytes, size_t n)
{
	uint64_t k0 = little_endian(key, 8), k1 = little_endian(key + 8, 8);
	struct sip s = {
	    .v0 = k0 ^ UINT64_C(0x736f6d6570736575),
	    .v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
	    .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
	    .v3 = k1 ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = bytes;
	size_t left = n;

	for (; left >= 8; left -= 8, p += 8)
		take_word(&s, little_endian(p, 8));
	take_word(&s, little_endian(p, left) | (uint64_t)n << 56);
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static uint8_t process_key[16];

static void draw_key(void)
{
	if (getrandom(process_key, sizeof(process_key), 0) != sizeof(process_key))
		abort();
}

uint64_t siphash(const void *bytes, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, draw_key);
	return siphash_with(process_key, bytes, n);
}
