/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/input/environment.h"

static void append_value(struct span inside, struct buf *out)
{
	const uint8_t *colon = memchr(inside.p, ':', inside.n);
	size_t length = colon ? (size_t)(colon - inside.p) : inside.n;
	char *name = mem_alloc(length + 1);
	const char *value;

	memcpy(name, inside.p, length);
	name[length] = '\0';
	value = getenv(name);
	if (value)
		buf_append_str(out, value);
	else if (colon)
		buf_append(out, colon + 1, inside.n - length - 1);
	free(name);
}

int environment_expand(struct span text, struct buf *out, struct error *err)
{
	while (text.n > 0) {
		const uint8_t *open = memmem(text.p, text.n, "{$", 2), *close = NULL;
		size_t before = open ? (size_t)(open - text.p) : text.n, inside;

		if (open)
			close = memchr(open + 2, '}', text.n - before - 2);
		if (!close) {
			buf_append(out, text.p, text.n);
			break;
		}
		inside = (size_t)(close - open) - 2;
		if (inside == 0) {
			buf_append(out, text.p, before + 3);
		} else {
			buf_append(out, text.p, before);
			append_value(span_of(open + 2, inside), out);
		}
		span_skip(&text, before + inside + 3);
		if (buf_len(out) > ENVIRONMENT_TEXT_MAX)
			return error_set(err, ERROR_LIMIT,
			    "the values of environment variables make it too large");
	}
	return 0;
}
