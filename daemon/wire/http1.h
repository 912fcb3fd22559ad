/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of an HTTP/1.0 or HTTP/1.1 request (RFC 9112), parsed strictly and without allocation:
 * whatever two parsers could read in two ways is refused. Parsing starts anew with every call, from
 * the first byte of the request.
 */
#ifndef DAEMON_WIRE_HTTP1_H
#define DAEMON_WIRE_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

#define HTTP1_METHOD_MAX 32   /* longer methods are refused */
#define HTTP1_HEADERS_MAX 256 /* so are more lines than these */

enum http1_result {
	HTTP1_NO,   /* not HTTP/1: known from the first byte that says so */
	HTTP1_BAD,  /* HTTP, and not acceptable: status says why */
	HTTP1_MORE, /* a prefix of one */
	HTTP1_OK,
};

/* What a head says. Spans point into the bytes that were parsed. */
struct http1_head {
	struct span method;
	struct span target; /* as sent */
	struct span path; /* of the target, still encoded; "*" is one; n = 0: the target has none */
	struct span query;   /* what follows the first '?' */
	struct span host;    /* of an absolute target, else of Host; may have a port; n = 0: none */
	struct span headers; /* every line of them, for http1_next_header() */
	size_t length;       /* of the whole head, the empty line included */
	unsigned minor;      /* of the version: 0 or 1 */
	bool has_query;
	bool keep_alive;      /* may another request follow? */
	bool expect_continue; /* the body comes only after a 100 */
	bool chunked;         /* how long the body is; see http1_body */
	uint64_t content_length;
	unsigned status; /* HTTP1_BAD: the answer to give */
};

/* bytes starts with the request's first byte. A head of more than size_max bytes is HTTP1_BAD. */
enum http1_result http1_parse(struct span bytes, size_t size_max, struct http1_head *out);

/* Iterates head.headers in order: false at the end. Values are trimmed. */
bool http1_next_header(struct span *headers, struct span *name, struct span *value);

/* The first header called name, in any case: false if there is none. */
bool http1_header(const struct http1_head *head, const char *name, struct span *value);

/* Iterates a comma-separated list, skipping empty elements: false at the end. */
bool http1_next_element(struct span *list, struct span *out);

/* Takes a host as in a Host header apart: the name without brackets, the port or n = 0. */
void http1_split_host(struct span host, struct span *name, struct span *port);

/* Are they equal, ASCII letters of either case taken as one? */
bool http1_equal(struct span a, struct span b);

/* Is it a token (RFC 9110 section 5.6.2), such as a header's name? */
bool http1_is_token(struct span s);

/* Can it stand in a header's value? */
bool http1_is_value(struct span s);

/* Are they characters of a host, perhaps with a port? */
bool http1_is_host(struct span s);

/* Takes "/path?query" apart. false: it has characters or escapes that none may have. */
bool http1_split_path(struct span target, struct span *path, struct span *query, bool *has_query);

/* A request's body on its way past. Zeroed memory is one that has no byte. */
struct http1_body {
	bool chunked;
	uint8_t state;
	uint64_t left; /* of the body or of the chunk */
	size_t line;   /* length so far of the chunk's line or the trailers */
};

enum http1_body_result {
	HTTP1_BODY_MORE, /* all bytes were taken, and there are more to come */
	HTTP1_BODY_END,
	HTTP1_BODY_BAD,
};

/* The body that follows head. */
struct http1_body http1_body_of(const struct http1_head *head);

/* Takes from the front of bytes what belongs to the body. */
enum http1_body_result http1_body_skip(struct http1_body *body, struct span *bytes);

#endif
