/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go's regular expression syntax (the syntax of RE2), checked and rewritten into the same thing for
 * PCRE2. Private to regex.c.
 */
#ifndef DAEMON_REGEX_GO_SYNTAX_H
#define DAEMON_REGEX_GO_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

/* Capturing groups; the number of one is its index, 0 the whole match. */
struct go_groups {
	const char **names; /* NULL: not named; in the arena */
	size_t count;
};

#define GO_PATTERN_MAX 16384
#define GO_NESTING_MAX 200

/*
 * Appends the pattern for PCRE2 to out. text: characters are those of UTF-8, else they are bytes.
 * Groups are numbered as in Go and not named in what is written. Returns 0, or -1 with err.
 */
int go_syntax_translate(struct arena *arena, const char *pattern, bool text, struct buf *out,
    struct go_groups *groups, struct error *err);

/* Fills err with the pattern, the position in bytes, and what is wrong there. Returns -1. */
int go_syntax_error(struct error *err, const char *pattern, size_t position, const char *what);

#endif
