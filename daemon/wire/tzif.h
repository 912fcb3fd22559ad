/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A time zone's file as the system has it in /usr/share/zoneinfo: TZif (RFC 8536).
 */
#ifndef DAEMON_WIRE_TZIF_H
#define DAEMON_WIRE_TZIF_H

#include <stdbool.h>

#include "common/span.h"
#include "daemon/wire/posix_tz.h"

#define TZIF_SIZE_MAX (256u << 10) /* bytes of a file; those of today are below 4 KiB */

/* Spans point into what was parsed. */
struct tzif {
	struct span times; /* of changes, width bytes each, ascending */
	size_t width;
	struct span kinds; /* what each change is to: an index in types */
	struct span types; /* 6 bytes each */
	bool has_rule;     /* for the time behind the last change */
	struct posix_tz rule;
};

bool tzif_parse(struct span file, struct tzif *out);

/* Seconds east of UTC at a time in seconds since 1970. */
int32_t tzif_offset(const struct tzif *zone, int64_t at);

#endif
