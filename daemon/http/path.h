/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths of requests: their canonical form, and patterns for them.
 */
#ifndef DAEMON_HTTP_PATH_H
#define DAEMON_HTTP_PATH_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/span.h"

/*
 * path without "." and "..", in arena; a slash at its end stays. merge: several slashes in a row
 * become one. So that no other way to write a path leads around a matcher.
 */
struct span http_path_clean(struct arena *arena, struct span path, bool merge);

/* Makes ASCII letters of n bytes lower case; in a copy in arena that a NUL ends. */
void http_path_to_lower(uint8_t *p, size_t n);
struct span http_path_lower(struct arena *arena, struct span text);

/*
 * Does text fit pattern as a whole? '*' is any run without a slash, '?' any character but that,
 * "[a-z]" and "[^a-z]" one of a set, a backslash takes the next character as it is. A malformed
 * pattern fits nothing.
 */
bool http_path_glob(struct span pattern, struct span text);

#endif
