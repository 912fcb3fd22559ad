/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>

#include "daemon/wire/http1.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool inside(struct span part, struct span whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* A head that was accepted says the same whatever follows it, and nothing from beyond its end. */
static void check_head(struct span bytes, const struct http1_head *head)
{
	struct span whole = span_of(bytes.p, head->length), list = head->headers, name, value, item;
	struct http1_head again;
	size_t count = 0;

	check(head->length <= bytes.n);
	check(inside(head->method, whole) && inside(head->target, whole));
	check(inside(head->path, whole) && inside(head->query, whole) && inside(head->host, whole));
	check(http1_parse(whole, whole.n, &again) == HTTP1_OK && again.length == whole.n);
	check(http1_parse(span_of(whole.p, whole.n - 1), whole.n, &again) == HTTP1_MORE);
	while (http1_next_header(&list, &name, &value)) {
		check(inside(name, whole) && inside(value, whole) && http1_is_token(name));
		while (http1_next_element(&value, &item))
			check(item.n > 0 && inside(item, whole));
		count++;
	}
	check(list.n == 0 && count <= HTTP1_HEADERS_MAX);
	http1_split_host(head->host, &name, &value);
	check(inside(name, whole) && inside(value, whole));
}

/* The body's end does not depend on how it was cut. */
static void check_body(const struct http1_head *head, struct span rest)
{
	struct http1_body whole = http1_body_of(head), cut = whole;
	struct span left = rest, step;
	enum http1_body_result result = http1_body_skip(&whole, &left), other = HTTP1_BODY_MORE;
	size_t i;

	for (i = 0; i < rest.n && other == HTTP1_BODY_MORE; i++) {
		step = span_of(rest.p + i, 1);
		other = http1_body_skip(&cut, &step);
		if (other == HTTP1_BODY_END && step.n == 1)
			break;
	}
	if (rest.n > 0)
		check(result == other);
	if (result == HTTP1_BODY_END)
		check(rest.n - left.n == i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct http1_head head;

	if (http1_parse(bytes, 16384, &head) != HTTP1_OK)
		return 0;
	check_head(bytes, &head);
	span_skip(&bytes, head.length);
	check_body(&head, bytes);
	return 0;
}
