/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times as answers have them: RFC 3339 in UTC, and seconds rounded to milliseconds.
 */
#ifndef DAEMON_CONTROL_TIME_TEXT_H
#define DAEMON_CONTROL_TIME_TEXT_H

#include <stdint.h>

#include "common/duration.h"

#define TIME_TEXT_MAX 40

/* Of nanoseconds since 1970: "2026-05-04T03:02:01.123Z". Returns out. */
const char *time_text(int64_t ns, char out[TIME_TEXT_MAX]);

/* Seconds between then (nanoseconds since 1970) and now; not negative. */
double time_seconds_since(int64_t ns);

/* To milliseconds; not negative. */
double time_round(double seconds);

#endif
