/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a ClientHello: the verdict may not change when bytes follow, spans must lie within
 * what was parsed, and the same message split over records must get the same verdict.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/wire/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_inside(struct span part, struct span whole)
{
	require(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void check_spans(const struct hello *h, struct span whole)
{
	struct span alpn = h->alpn, name;

	require(h->random.n == 32);
	check_inside(h->random, whole);
	check_inside(h->session_id, whole);
	check_inside(h->ciphers, whole);
	check_inside(h->compression, whole);
	check_inside(h->extensions, whole);
	check_inside(h->server_name, whole);
	check_inside(h->alpn, whole);
	check_inside(h->versions, whole);
	check_inside(h->groups, whole);
	check_inside(h->signatures, whole);
	while (hello_next_name(&alpn, &name))
		require(name.n > 0);
	require(alpn.n == 0);
}

static enum hello_result parse(struct span bytes)
{
	struct buf assembled = {0};
	struct hello hello;
	enum hello_result result = hello_parse(bytes, &assembled, &hello);

	if (result == HELLO_OK)
		check_spans(&hello, assembled.end > 0 ? buf_span(&assembled) : bytes);
	buf_fini(&assembled);
	return result;
}

/* The first record's message, split in two where the fuzzer says. */
static void check_split(struct span bytes, size_t at)
{
	size_t length = bytes.n >= 5 ? (size_t)bytes.p[3] << 8 | bytes.p[4] : 0;
	struct buf split = {0};

	if (length < 2 || bytes.n != 5 + length || length > 16384 || bytes.p[0] != 22 ||
	    bytes.p[1] != 3)
		return;
	at = 1 + at % (length - 1);
	buf_append(&split, (uint8_t[]){22, 3, 3, (uint8_t)(at >> 8), (uint8_t)at}, 5);
	buf_append(&split, bytes.p + 5, at);
	length -= at;
	buf_append(&split, (uint8_t[]){22, 3, 3, (uint8_t)(length >> 8), (uint8_t)length}, 5);
	buf_append(&split, bytes.p + 5 + at, length);
	if (parse(bytes) == HELLO_OK)
		require(parse(buf_span(&split)) == HELLO_OK);
	else
		require(parse(buf_span(&split)) != HELLO_OK);
	buf_fini(&split);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	enum hello_result whole = parse(bytes), part;
	struct hello hello;

	if (size > 0) {
		part = parse(span_of(data, size - 1 - data[size - 1] % size));
		require(part == HELLO_MORE || part == whole);
		check_split(bytes, data[size / 2]);
	}
	if (hello_parse_body(bytes, &hello) == HELLO_OK)
		check_spans(&hello, bytes);
	return 0;
}
