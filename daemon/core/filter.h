/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter language of `conn ls` and its like, over records that a table of fields describes:
 *
 *	route==db && src in 10.0.0.0/8,::1 && (age>1h || !sni~*.example.com)
 *
 * Made once, then const: any number of threads may match with it.
 */
#ifndef DAEMON_CORE_FILTER_H
#define DAEMON_CORE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/span.h"

enum filter_kind {
	FILTER_TEXT,    /* struct span; compared with == != ~, in */
	FILTER_NUMBER,  /* uint64_t; values may end in k, M, G (of 1000) or Ki, Mi, Gi */
	FILTER_SECONDS, /* double; values are durations, or plain seconds */
	FILTER_ADDRESS, /* struct netaddr; == and != with an address or address and port, in ranges
			 */
};

struct filter_field {
	const char *name; /* NULL ends a table */
	enum filter_kind kind;
	size_t offset;  /* in the record */
	uint32_t kinds; /* where records are of several kinds: the bits of those that have it */
};

#define FILTER_SIZE_MAX 4096 /* bytes of a text */

struct filter;

/*
 * Compiles text; fields is kept. On failure NULL with err, which names the column and, for a field
 * that is unknown, the nearest one.
 */
struct filter *filter_new(struct span text, const struct filter_field *fields, struct error *err);
void filter_free(struct filter *f); /* NULL is allowed */

bool filter_match(const struct filter *f, const void *record);

/* Of records of several kinds: a test of a field that those of this kind do not have is false. */
bool filter_match_kind(const struct filter *f, const void *record, uint32_t kind);

#endif
