/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The error that travels up: a stable code, a message for the user, and the place (JSON path or
 * file:line) that each level prepends. The caller owns the struct; nothing here allocates.
 */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

#include <stddef.h>

/* The codes are part of the control protocol (include/pointsman/control.h has their names). */
enum error_code {
	ERROR_NONE,
	ERROR_INVALID,
	ERROR_NOT_FOUND,
	ERROR_EXISTS,
	ERROR_CONFLICT,
	ERROR_IN_USE,
	ERROR_DENIED,
	ERROR_UNSUPPORTED,
	ERROR_LIMIT,
	ERROR_TIMEOUT,
	ERROR_BUSY,
	ERROR_INTERNAL,
};

struct error {
	enum error_code code;
	char path[512];     /* place, outermost first; may be empty */
	char message[1024]; /* what is wrong and what to do; no newline at the end */
};

/* Fills err (code, message; the path becomes empty). Returns -1, so that it can be returned. */
int error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set() with ": " and the text of errno appended. errno is left as it was. */
int error_errno(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Prepends a place to err->path. A '.' is put between the two unless what is there starts with
 * '[' or is empty. Returns -1.
 */
int error_at(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes "path: message", or the message alone without a path, always terminated. Returns out. */
const char *error_text(const struct error *err, char *out, size_t size);

/* The code's name on the wire ("invalid", "not_found", ...). Never NULL. */
const char *error_code_name(enum error_code code);

/*
 * The entry of names (ended by NULL) that is nearest to word, for "did you mean"; NULL if none is
 * near (more than two edits away, or more than a third of the word's letters).
 */
const char *error_suggest(const char *word, const char *const *names);

/*
 * What word, which is none of names (ended by NULL), may be: "on, off or auto, not 'offf', did you
 * mean 'off'?" Returns out.
 */
const char *error_choices(const char *word, const char *const *names, char *out, size_t size);
/* Fills err with "must be " and that. Returns -1. */
int error_choice(struct error *err, const char *word, const char *const *names);

#endif
