/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of a descriptor that is no terminal, as they come: what is behind a line is not waited for.
 */
#ifndef CTL_LINES_H
#define CTL_LINES_H

#include "common/buf.h"
#include "ctl/fault.h"

#define LINES_MAX (1u << 20) /* bytes of one */

/* Zeroed memory with the descriptor. */
struct lines {
	int fd;
	bool ended;
	struct buf bytes;
	size_t taken; /* of bytes: the line that was given last */
};

/*
 * 1: *out is the next line without its line feed, valid until the next call. 0: there is none. -1
 * with fault: it cannot be read, or is too long.
 */
int lines_next(struct lines *lines, struct span *out, struct fault *fault);
void lines_fini(struct lines *lines);

#endif
