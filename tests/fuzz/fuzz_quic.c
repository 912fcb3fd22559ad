/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "tests/fuzz/verdicts.h"
#include "tests/unit/quic_seal.h"

static bool inside(struct span part, struct span whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* Pieces ascend and do not touch; what is decided stays decided. */
static void check(struct quic_gather *g, enum wire_verdict before)
{
	struct span crypto = buf_span(&g->crypto);
	size_t i;

	require(before == WIRE_MORE || g->verdict == before);
	require(g->piece_count <= QUIC_PIECES_MAX && crypto.n <= QUIC_CRYPTO_MAX);
	for (i = 0; i < g->piece_count; i++) {
		require(g->pieces[i].from < g->pieces[i].to && g->pieces[i].to <= crypto.n);
		require(i == 0 || g->pieces[i - 1].to < g->pieces[i].from);
	}
	if (g->verdict == WIRE_YES)
		require(inside(g->hello.server_name, crypto) && inside(g->hello.alpn, crypto) &&
			inside(g->hello.extensions, crypto));
}

/* Of an exact copy, so that a sanitizer sees every byte read beyond the end. */
static void add(struct quic_gather *g, struct span datagram)
{
	enum wire_verdict before = g->version == 0 ? WIRE_MORE : g->verdict;
	uint8_t *copy = malloc(datagram.n > 0 ? datagram.n : 1);

	if (copy == NULL)
		abort();
	if (datagram.n > 0)
		memcpy(copy, datagram.p, datagram.n);
	quic_gather_add(g, span_of(copy, datagram.n));
	free(copy);
	check(g, before);
}

/* No fuzzer finds a packet that can be decrypted: the input is frames, sealed here. */
static void add_sealed(struct quic_gather *g, struct span frames, uint32_t version)
{
	struct quic_recipe r = {.version = version,
	    .id = span_str("12345678"),
	    .number_size = 1,
	    .size = QUIC_INITIAL_DATAGRAM_MIN};
	struct buf packet = {0};

	quic_seal(&r, frames, &packet);
	add(g, buf_span(&packet));
	buf_fini(&packet);
}

/*
 * The first byte says what the rest is: datagrams, or frames of version 1 or 2. Each comes with its
 * length in two bytes before it.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_of(data, size), one;
	struct quic_gather g = {0};
	uint8_t kind;

	if (!span_u8(&all, &kind) || size > 8192)
		return 0;
	while (span_vec16(&all, &one)) {
		if (kind % 4 == 0)
			add(&g, one);
		else
			add_sealed(&g, one, kind % 4 == 1 ? QUIC_VERSION_2 : QUIC_VERSION_1);
	}
	quic_gather_fini(&g);
	return 0;
}
