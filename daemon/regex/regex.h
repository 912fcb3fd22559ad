/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regular expressions in Go's syntax, run by PCRE2 behind limits. What Go refuses (back-references,
 * look-around, possessive and atomic groups, conditions, recursion, call-outs, \C, repeats over
 * 1000) is refused here. A compiled expression is immutable and used by any number of threads.
 */
#ifndef DAEMON_REGEX_REGEX_H
#define DAEMON_REGEX_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

struct arena;
struct error;
struct regex;

enum regex_flag {
	/* Text is UTF-8 (invalid bytes match nothing); without it one byte is one character. */
	REGEX_TEXT = 1 << 0,
	REGEX_IGNORE_CASE = 1 << 1,
};

/*
 * Compiles pattern; the result lives as long as arena. NULL with err, which has the pattern and the
 * position in it, where the pattern is refused.
 */
struct regex *regex_new(
    struct arena *arena, const char *pattern, unsigned flags, struct error *err);

/*
 * Is there a match anywhere in text? The first size groups are set in groups (0 is the whole match;
 * n = 0 and p = NULL for one that took no part), pointing into text. groups may be NULL with size
 * 0. A match that hits a limit is no match; that is logged once per expression and always counted.
 */
bool regex_match(const struct regex *re, struct span text, struct span *groups, size_t size);

/* Groups, the whole match included: 1 at least. */
size_t regex_group_count(const struct regex *re);
/* The name of group i, or NULL. */
const char *regex_group_name(const struct regex *re, size_t i);
/* The number of the group called name; -1: none. */
int regex_group_find(const struct regex *re, const char *name);

/* How often a limit was hit in this process. */
uint64_t regex_limit_hits(void);

#endif
