/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>

#include "daemon/http/h2_session.h"
#include "daemon/wire/http2.h"

#define OUT_MOST (64u << 10)

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What is given is never more than one frame over what was asked for. */
static bool give(struct h2_session *s)
{
	struct buf out = {0};
	bool goes_on;

	do {
		buf_clear(&out);
		goes_on = h2_session_give(s, &out, OUT_MOST);
		require(buf_len(&out) < OUT_MOST + (32u << 10));
	} while (goes_on && buf_len(&out) >= OUT_MOST);
	buf_fini(&out);
	return goes_on;
}

/* The input stands behind the preface, and comes in pieces whose size is its first byte's. */
static void serve(struct h2_session *s, struct span bytes)
{
	uint8_t first = 0;
	size_t step = 1;
	double now = 1;
	struct span part;

	if (!h2_session_take(s, span_str(HTTP2_PREFACE), now) || !give(s))
		return;
	if (span_u8(&bytes, &first))
		step += (size_t)first * 8;
	while (bytes.n > 0) {
		span_take(&bytes, bytes.n < step ? bytes.n : step, &part);
		if (!h2_session_take(s, part, now) || !give(s) || h2_session_is_over(s))
			return;
		require(h2_session_waits(s).streams <= H2_STREAMS_MAX);
		now += 0.01;
	}
	h2_session_leave(s);
	give(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_server server = {.tls = true, .max_header_bytes = 1024};
	struct arena *arena = arena_new(256);
	struct facts facts = {.arena = arena, .fd = -1};
	struct h2_session *s = h2_session_new(&server, &facts);

	serve(s, span_of(data, size));
	h2_session_free(s);
	arena_free(arena);
	return 0;
}
