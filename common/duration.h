/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Durations are int64_t nanoseconds. Text is Go's ("1m30s", "250ms", "1.5h") and d for 24 hours.
 */
#ifndef COMMON_DURATION_H
#define COMMON_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DURATION_US INT64_C(1000)
#define DURATION_MS INT64_C(1000000)
#define DURATION_S INT64_C(1000000000)

/* false: malformed, or it does not fit 64 bits. "0" needs no unit; a sign is allowed. */
bool duration_parse(const char *text, int64_t *out);

#define DURATION_TEXT_MAX 40
/* As Go prints it: "1m30s", "250ms", "0s". Returns out. */
const char *duration_text(int64_t ns, char out[DURATION_TEXT_MAX]);

static inline double duration_seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

#endif
