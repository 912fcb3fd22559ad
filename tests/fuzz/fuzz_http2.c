/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/http1.h"
#include "daemon/wire/http2.h"
#include "tests/fuzz/verdicts.h"

static struct buf decoded;

static enum wire_verdict parse(struct span bytes)
{
	struct http2_head head;

	return http2_parse(bytes, &decoded, &head);
}

static bool inside(struct span part, struct span whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* What is accepted is what servers accept. */
static void check_head(struct span bytes)
{
	struct span whole, name, value;
	struct http2_head head;
	size_t count = 0;

	if (http2_parse(bytes, &decoded, &head) != WIRE_YES)
		return;
	whole = buf_span(&decoded);
	require(http1_is_token(head.method) && http1_is_host(head.authority));
	require(inside(head.method, whole) && inside(head.scheme, whole) &&
		inside(head.authority, whole) && inside(head.path, whole) &&
		inside(head.protocol, whole));
	while (http2_next_field(&head.fields, &name, &value)) {
		require(inside(name, whole) && inside(value, whole) && http1_is_token(name));
		count++;
	}
	require(head.fields.n == 0 && count <= HTTP2_FIELDS_MAX);
}

/* The input stands behind the preface, which no fuzzer would find. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf bytes = {0};
	struct span whole;

	buf_append_str(&bytes, HTTP2_PREFACE);
	buf_append(&bytes, data, size);
	whole = buf_span(&bytes);
	check_head(whole);
	check_verdicts(parse, whole.p, whole.n, false);
	buf_fini(&bytes);
	return 0;
}
