/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header fields of a request or of an answer, in order. Names and values are borrowed: they lie
 * in the arena of the exchange, in the bytes of the request or in the route.
 */
#ifndef DAEMON_HTTP_FIELDS_H
#define DAEMON_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/span.h"

struct http_field {
	struct span name, value;
};

/* Zeroed memory is an empty list. */
struct http_fields {
	struct http_field *items;
	size_t count, size;
};

void http_fields_add(
    struct http_fields *f, struct arena *arena, struct span name, struct span value);
/* Removes those called name, then adds one. */
void http_fields_set(
    struct http_fields *f, struct arena *arena, struct span name, struct span value);
/*
 * Removes those called name. "*" at its beginning, its end or both stands for anything; case does
 * not matter.
 */
void http_fields_remove(struct http_fields *f, struct span name);
/* The first called name: false if there is none. */
bool http_fields_find(const struct http_fields *f, struct span name, struct span *value);
/* Appends all values of name with ',' between them to out. Returns whether there was one. */
bool http_fields_join(const struct http_fields *f, struct span name, struct buf *out);

/* "*x", "x*", "*x*", "*", or x itself: does text fit? */
bool http_wildcard(struct span pattern, struct span text, bool any_case);

#endif
