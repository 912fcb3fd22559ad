/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts of the document with placeholders of requests, "{http.request.host}", besides those of
 * connections. Compiled at load, const, in the arena of their route.
 */
#ifndef DAEMON_HTTP_TEXT_H
#define DAEMON_HTTP_TEXT_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/span.h"
#include "daemon/http/request.h"

struct http_text;

enum http_text_unknown {
	HTTP_TEXT_DROP, /* what nothing is known of expands to nothing */
	HTTP_TEXT_KEEP, /* ... and stands as it is: bodies and values in which braces are common */
};

struct http_text *http_text_new(
    struct arena *arena, const char *text, enum http_text_unknown unknown);

/* Does it depend on nothing? Then http_text_constant() is the whole. */
bool http_text_is_constant(const struct http_text *t);
struct span http_text_constant(const struct http_text *t);

/* Appends the expansion. */
void http_text_expand(const struct http_text *t, struct http_request *r, struct buf *out);

/* The expansion, in the request's arena where it is not constant. */
struct span http_text_of(const struct http_text *t, struct http_request *r);

#endif
