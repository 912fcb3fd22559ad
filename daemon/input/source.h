/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stream of a Caddyfile's tokens with what it imports put in the place of the import
 * directives. Where a word "import" is a directive, the parser (blocks.c) knows and says.
 *
 * Work is bounded: tokens in all, nesting of imports, bytes read and bytes made are limited, and
 * an import that comes back to itself is an error.
 */
#ifndef DAEMON_INPUT_SOURCE_H
#define DAEMON_INPUT_SOURCE_H

#include <stdbool.h>
#include <sys/types.h>
#include <jansson.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/input/lexer.h"

#define IMPORT_DEPTH_MAX 64
#define IMPORT_BYTES_MAX (64u << 20)

struct snippet;
struct frame;

struct source {
	struct arena *arena;
	json_t *warnings; /* borrowed; may be NULL */
	bool closed;      /* the text is not from a file: no files, no environment */
	struct frame *top;
	struct snippet *snippets;
	struct token current, previous;
	bool has_current, has_previous;
	size_t taken; /* tokens so far */
	size_t bytes; /* read from files and made from arguments */
	dev_t device; /* of the first file */
	ino_t inode;
};

/*
 * Starts with the tokens of text, which came from file (NULL: from elsewhere, so that it may
 * neither import files nor read the environment). arena takes what tokens need to live.
 */
int source_init(struct source *s, struct span text, const char *file, struct arena *arena,
    json_t *warnings, struct error *err);
void source_fini(struct source *s);

/* Moves on to the next token. False at the end; then nothing is current. */
bool source_next(struct source *s);
/* The token that source_next() would move to, or NULL. */
const struct token *source_peek(struct source *s);
/* Does the current token start a line? */
bool source_at_line_start(const struct source *s);
/* Is the next token on another line, or is there none? */
bool source_line_ends(struct source *s);

/* Keeps tokens (taken over) as the snippet called name; at is where it was defined. */
int source_define(struct source *s, const char *name, const struct token *at, struct tokens *tokens,
    struct error *err);

/*
 * The current token is an import directive: takes its arguments and block, and makes the stream
 * go on with what it imports. top_level: outside of every block, where snippets may be defined in
 * what is imported. Returns 0, or -1 with err.
 */
int source_import(struct source *s, bool top_level, struct error *err);

#endif
