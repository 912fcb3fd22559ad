/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A time zone as POSIX writes it in TZ: "CET-1CEST,M3.5.0,M10.5.0/3". With RFC 8536's extension:
 * times from -167 to 167 hours.
 */
#ifndef DAEMON_WIRE_POSIX_TZ_H
#define DAEMON_WIRE_POSIX_TZ_H

#include <stdbool.h>

#include "common/span.h"

/* A day of the year and a time on it. */
struct posix_tz_change {
	enum { POSIX_TZ_WEEKDAY, POSIX_TZ_DAY_WITHOUT_LEAP, POSIX_TZ_DAY } kind;
	int month, week; /* of WEEKDAY: 1 to 12, 1 to 5 (the last) */
	int day;      /* WEEKDAY: 0 is Sunday; else the day, from 1 without leap days, or from 0 */
	int32_t time; /* seconds */
};

struct posix_tz {
	int32_t standard, daylight; /* seconds east of UTC */
	bool has_daylight;
	struct posix_tz_change start, end; /* of daylight saving time */
};

/* The whole text must be one; daylight saving time must have its rule. */
bool posix_tz_parse(struct span text, struct posix_tz *out);

/* Seconds east of UTC at a time in seconds since 1970. */
int32_t posix_tz_offset(const struct posix_tz *zone, int64_t at);

#endif
