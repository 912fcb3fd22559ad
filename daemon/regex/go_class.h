/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Characters, escapes and bracketed classes of Go's syntax, read from a pattern and written as
 * PCRE2 has them. Private to regex/.
 */
#ifndef DAEMON_REGEX_GO_CLASS_H
#define DAEMON_REGEX_GO_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct go_reader {
	const char *pattern;
	size_t length;
	size_t at;
	bool text; /* characters are UTF-8's, else bytes */
};

/* The byte n further on; -1: the pattern ends before. */
static inline int go_peek(const struct go_reader *in, size_t n)
{
	return in->length - in->at > n ? (unsigned char)in->pattern[in->at + n] : -1;
}

/* Takes one character of UTF-8 (a stray byte stands for itself). The pattern must not be over. */
uint32_t go_next(struct go_reader *in);

/* Writes a character that stands for itself. Returns the bytes it matches. */
size_t go_put_literal(struct buf *out, uint32_t c, bool text);

/* The three below take nothing where they return what is wrong. */

/* An escape that stands for one character; the reader is on the backslash. NULL: it is in *c. */
const char *go_escape(struct go_reader *in, uint32_t *c);

/*
 * An escape that stands for a class (\d, \pL, ...), inside a bracketed one or not. false: it is no
 * such escape. *what is set where it is one and wrong.
 */
bool go_class_escape(struct go_reader *in, bool inside, struct buf *out, const char **what);

/* A bracketed class, the reader on "[". NULL: done. */
const char *go_class(struct go_reader *in, struct buf *out);

#endif
