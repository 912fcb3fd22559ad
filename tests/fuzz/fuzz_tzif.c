/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a time zone's file, and as a rule: what is taken has an offset of less than two days
 * at any time.
 */
#include <config.h>

#include <stdlib.h>

#include "daemon/wire/tzif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t times[] = {
	    -(INT64_C(1) << 50), -1, 0, 951782400, 1700000000, 4102444799, INT64_C(1) << 50};
	struct tzif zone;
	struct posix_tz rule;
	int32_t offset;
	size_t i;

	if (tzif_parse(span_of(data, size), &zone)) {
		for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
			tzif_offset(&zone, times[i]);
	}
	if (posix_tz_parse(span_of(data, size), &rule)) {
		for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
			offset = posix_tz_offset(&rule, times[i]);
			require(offset > -2 * 86400 && offset < 2 * 86400);
			require(offset == rule.standard || offset == rule.daylight);
		}
	}
	return 0;
}
