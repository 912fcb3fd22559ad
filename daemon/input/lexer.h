/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Caddyfile's tokens: words, quoted texts and heredocs, each with its place. Comments and
 * white space are gone; line ends survive as line numbers, which are part of the grammar.
 */
#ifndef DAEMON_INPUT_LEXER_H
#define DAEMON_INPUT_LEXER_H

#include <stddef.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/span.h"
#include "daemon/input/dispenser.h"

/* More than any real configuration has; imports count with what they bring in. */
#define TOKENS_MAX 2000000u

/* A growing list. Zeroed memory is a valid empty list; the owner frees it with tokens_fini(). */
struct tokens {
	struct token *items;
	size_t count, size;
};

void tokens_add(struct tokens *list, const struct token *token);
void tokens_fini(struct tokens *list);

/*
 * Appends the tokens of text to out. Their texts are in arena; file is kept, not copied. A token
 * must be UTF-8 without NUL, a comment may be anything. Returns 0, or -1 with err ("file:line").
 */
int lexer_run(
    struct span text, const char *file, struct arena *arena, struct tokens *out, struct error *err);

#endif
