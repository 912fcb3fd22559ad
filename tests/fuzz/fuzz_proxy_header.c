/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a PROXY header: a verdict may not change when bytes follow, and what was read is
 * built again and read back the same.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/wire/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_same(const struct proxy_header *a, struct span built)
{
	struct proxy_header b;

	require(proxy_header_parse(built, &b) == PROXY_HEADER_OK);
	require(b.length == built.n);
	require(a->local == b.local);
	require(netaddr_equal(&a->src, &b.src) && netaddr_equal(&a->dst, &b.dst));
}

static void check_header(const struct proxy_header *h, struct span bytes)
{
	uint8_t out[PROXY_HEADER_SIZE_MAX], type;
	struct span tlvs = h->tlvs, value;

	require(h->length <= bytes.n);
	require(h->tlvs.n == 0 || h->tlvs.p + h->tlvs.n <= bytes.p + h->length);
	while (proxy_header_next_tlv(&tlvs, &type, &value))
		require(value.n == 0 || value.p + value.n <= bytes.p + h->length);
	check_same(h, span_of(out, proxy_header_v1(out, &h->src, &h->dst)));
	check_same(h, span_of(out, proxy_header_v2(out, &h->src, &h->dst, h->datagram)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	enum proxy_header_result whole, part;
	struct proxy_header header;

	whole = proxy_header_parse(bytes, &header);
	if (whole == PROXY_HEADER_OK)
		check_header(&header, bytes);
	if (whole == PROXY_HEADER_NO)
		require(proxy_header_signature(bytes) == PROXY_HEADER_NO);
	if (size > 0) {
		part = proxy_header_parse(span_of(data, size - 1 - data[size - 1] % size), &header);
		require(part == PROXY_HEADER_MORE || part == whole);
	}
	return 0;
}
