/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides where a MessagePack value ends and whether it is within limits, before anything is
 * allocated for it. Resumable: bytes may come in any pieces; what was scanned is not scanned again.
 */
#ifndef COMMON_SCANNER_H
#define COMMON_SCANNER_H

#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

#define SCANNER_DEPTH_MAX 64 /* limits.depth is at most this */

struct scanner_limits {
	size_t size;       /* bytes of the whole value */
	unsigned depth;    /* containers within one another */
	uint32_t elements; /* values in all: containers, keys and what they hold */
};

enum scanner_result {
	SCANNER_MORE, /* within limits so far, not complete */
	SCANNER_DONE, /* complete: its length is scanner->at */
	SCANNER_BAD,  /* no MessagePack */
	SCANNER_SIZE, /* one of the limits passed; known as soon as a length says so */
	SCANNER_DEPTH,
	SCANNER_ELEMENTS,
};

/* Embedded; one value at a time. */
struct scanner {
	struct scanner_limits limits;
	size_t at;         /* bytes scanned; may lie beyond what is there yet */
	uint32_t elements; /* announced so far */
	unsigned depth;
	uint32_t left[SCANNER_DEPTH_MAX + 1]; /* values still to come, by level */
};

/* Ready for a new value. */
void scanner_init(struct scanner *s, struct scanner_limits limits);

/*
 * bytes is the value from its first byte on, as far as it has come; at least what it was the last
 * time. Bytes after the value's end are allowed and not looked at.
 */
enum scanner_result scanner_run(struct scanner *s, struct span bytes);

/* Why a value was refused, for an error's message. Constant. */
const char *scanner_text(enum scanner_result result);

#endif
