/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Caddyfile: a lexer that makes tokens which know where they came from, and a dispenser that
 * walks them as Caddy's does. Module adapters see only the dispenser.
 *
 * A segment is a directive's name, its arguments on the same line, and perhaps a block. An adapter
 * is called with a dispenser whose cursor is before the name; it takes the name first.
 */
#ifndef DAEMON_INPUT_DISPENSER_H
#define DAEMON_INPUT_DISPENSER_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/arena.h"
#include "common/error.h"

struct token {
	const char *text;
	const char *file;
	unsigned line;
	char quote;                      /* 0, '"', '`', or '<' for a heredoc */
	unsigned line_breaks;            /* lines that it goes on for, after the first */
	const struct token *imported_by; /* the import chain; NULL: none */
};

/* Is it this text without quotes? Braces have a meaning only so. */
bool token_is(const struct token *token, const char *text);
/* Does token stand on another line than the end of previous, which precedes it? */
bool token_starts_line(const struct token *previous, const struct token *token);
/* "file:line", and how the line got there if it was imported. Returns out. */
const char *token_place(const struct token *token, char *out, size_t size);
/* Fills err; its path is that. Returns -1. */
int token_error(const struct token *token, struct error *err, enum error_code code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

struct dispenser {
	const struct token *tokens; /* borrowed */
	size_t count;
	long cursor;    /* -1: before the first */
	int nesting;    /* depth inside dispenser_next_block() */
	unsigned depth; /* how many dispenser_segment() calls led here: bounds recursion */
};

#define DISPENSER_DEPTH_MAX 100

struct dispenser dispenser_of(const struct token *tokens, size_t count);

bool dispenser_next(struct dispenser *d);      /* the next token, wherever it is */
bool dispenser_next_arg(struct dispenser *d);  /* the next one on the same line, not "{" */
bool dispenser_next_line(struct dispenser *d); /* the next one if it starts a new line */
/*
 * Iterates the entries of the block that follows: true with the cursor on an entry's first token,
 * false at the closing brace or where there is no block. level is the nesting before the block
 * (d->nesting when the adapter was called).
 */
bool dispenser_next_block(struct dispenser *d, int level);

const char *dispenser_text(const struct dispenser *d); /* current token; "" before the first */
bool dispenser_quoted(const struct dispenser *d);
/* How many arguments are left on this line. */
size_t dispenser_args_left(const struct dispenser *d);
/* The next argument, or NULL. */
const char *dispenser_arg(struct dispenser *d);

/*
 * The current segment (name, arguments and block) as a dispenser of its own with the cursor before
 * the name; this one moves to its end.
 */
struct dispenser dispenser_segment(struct dispenser *d);

/* Errors at the current token: err->path is "file:line" (with the import chain). Return -1. */
int dispenser_error(const struct dispenser *d, struct error *err, enum error_code code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
int dispenser_arg_error(const struct dispenser *d, struct error *err); /* wrong argument count */
int dispenser_unknown(const struct dispenser *d, const char *what, const char *const *known,
    struct error *err); /* "unrecognized <what> 'x', did you mean 'y'?"; known may be NULL */

/*
 * Helpers that most adapters want; the dispenser is on the option's name. Each takes exactly its
 * arguments, and complains otherwise. Returns 0, or -1 with err.
 */
int dispenser_one(struct dispenser *d, const char **out, struct error *err);
int dispenser_none(struct dispenser *d, struct error *err);
/* For what has arguments only: refuses a block that follows. */
static inline int dispenser_no_block(struct dispenser *d, struct error *err)
{
	if (!dispenser_next_block(d, d->nesting))
		return 0;
	return dispenser_error(d, err, ERROR_INVALID, "a block is not supported here");
}
/* One or more arguments, appended to the array *out (made if NULL). */
int dispenser_strings(struct dispenser *d, json_t **out, struct error *err);
int dispenser_int(struct dispenser *d, json_t **out, struct error *err);
int dispenser_duration(struct dispenser *d, json_t **out, struct error *err); /* nanoseconds */
int dispenser_bytes(struct dispenser *d, json_t **out, struct error *err);    /* "4096", "16KiB" */
/* Refuses an option that was given before: sets key of object once ("duplicate option 'x'"). Takes
 * value. */
int dispenser_set(
    const struct dispenser *d, json_t *object, const char *key, json_t *value, struct error *err);

#endif
