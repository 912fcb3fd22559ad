/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/lines.h"

#include <errno.h>
#include <unistd.h>

#define READ_SIZE 4096

/* Reads some more. */
static int fill(struct lines *l, struct fault *fault)
{
	ssize_t n;

	if (buf_len(&l->bytes) > LINES_MAX)
		return fault_set(
		    fault, CONTROL_EXIT_LIMIT, "a line of more than %u MiB", LINES_MAX >> 20);
	do {
		n = read(l->fd, buf_reserve(&l->bytes, READ_SIZE), READ_SIZE);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return fault_set(fault, CONTROL_EXIT_USAGE, "cannot read: %s", strerror(errno));
	buf_commit(&l->bytes, (size_t)n);
	l->ended = n == 0;
	return 0;
}

int lines_next(struct lines *l, struct span *out, struct fault *fault)
{
	size_t seen = 0;

	buf_consume(&l->bytes, l->taken);
	l->taken = 0;
	for (;;) {
		struct span all = buf_span(&l->bytes);
		const uint8_t *end = all.n > seen ? memchr(all.p + seen, '\n', all.n - seen) : NULL;

		if (end != NULL || (l->ended && all.n > 0)) {
			*out = span_of(all.p, end != NULL ? (size_t)(end - all.p) : all.n);
			l->taken = out->n + (end != NULL);
			return 1;
		}
		if (l->ended)
			return 0;
		seen = all.n;
		if (fill(l, fault) == -1)
			return -1;
	}
}

void lines_fini(struct lines *l)
{
	buf_fini(&l->bytes);
}
