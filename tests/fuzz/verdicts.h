/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the fuzz targets of parsers that say no, more or yes: what was said of a prefix holds for
 * what follows.
 */
#ifndef TESTS_FUZZ_VERDICTS_H
#define TESTS_FUZZ_VERDICTS_H

#include <stdbool.h>
#include <stdlib.h>

#include "daemon/wire/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

/* Of an exact copy, so that a sanitizer sees every byte read beyond the end. */
static inline enum wire_verdict ask_copy(
    enum wire_verdict (*parse)(struct span bytes), const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	enum wire_verdict verdict;

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	verdict = parse(span_of(copy, size));
	free(copy);
	return verdict;
}

/*
 * A no and a yes are final; a yes may become a no where exact says that nothing may follow. The
 * prefix's length is chosen by the last bytes.
 */
static inline void check_verdicts(
    enum wire_verdict (*parse)(struct span bytes), const uint8_t *data, size_t size, bool exact)
{
	enum wire_verdict whole = parse(span_of(data, size)), part;
	size_t n;

	if (size < 2)
		return;
	n = ((size_t)data[size - 1] << 8 | data[size - 2]) % size;
	part = ask_copy(parse, data, n);
	require(part != WIRE_NO || whole == WIRE_NO);
	require(part != WIRE_YES || whole == WIRE_YES || (exact && whole == WIRE_NO));
}

#endif
