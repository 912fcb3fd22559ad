/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request as matchers and handlers see it, whatever version of HTTP brought it. It lives in an
 * arena of its own that goes with the answer.
 */
#ifndef DAEMON_HTTP_REQUEST_H
#define DAEMON_HTTP_REQUEST_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/span.h"
#include "daemon/core/facts.h"
#include "daemon/http/fields.h"
#include "daemon/wire/http1.h"
#include "daemon/wire/http2.h"

/* A path without "." and "..", and what else is done to it. */
enum http_path_form {
	HTTP_PATH_CLEAN,      /* decoded, slashes merged */
	HTTP_PATH_LOWER,      /* decoded, in lower case */
	HTTP_PATH_MERGED,     /* the same, slashes merged */
	HTTP_PATH_RAW,        /* encoded, in lower case */
	HTTP_PATH_RAW_MERGED, /* the same, slashes merged */
	HTTP_PATH_FORMS,
};

struct http_request {
	struct arena *arena;
	struct facts facts;    /* of the connection; what is named in here is of the request */
	struct netaddr client; /* who it is from: named by a trusted proxy, or who has connected */
	struct span method;
	struct span target;     /* as sent */
	struct span path;       /* decoded; "" where the target has none */
	struct span raw_path;   /* still encoded */
	struct span query;      /* without '?' */
	struct span host_port;  /* as in Host */
	struct span host, port; /* the two parts, without brackets */
	/* Made when first asked for: thousands of matchers may look at them. p NULL: not yet. */
	struct span lower_host, paths[HTTP_PATH_FORMS];
	struct http_fields fields;
	uint8_t uuid[16]; /* zeros until somebody asks for it */
	unsigned major, minor;
	bool has_query; /* perhaps an empty one */
	bool tls;       /* did it come over TLS that ended here? */
};

/*
 * Makes r from a parsed head, whose bytes must live as long as it. facts are the connection's; they
 * are copied, so that what the request's matchers set is gone with it.
 */
void http_request_init(struct http_request *r, struct arena *arena, const struct http1_head *head,
    const struct facts *facts, bool tls);
/* The same of HTTP/2; the buffer that head points into must live as long. */
void http_request_init2(struct http_request *r, struct arena *arena, const struct http2_head *head,
    const struct facts *facts, bool tls);

/* Is "http.*" a placeholder that requests have? Known at load. */
bool http_request_knows(struct span name);

/* Appends its value to out. false: there is none now, and nothing was appended. */
bool http_request_put(const struct http_request *r, struct span name, struct buf *out);

/* Its host in lower case, ended by a NUL. */
struct span http_request_lower_host(struct http_request *r);
struct span http_request_path(struct http_request *r, enum http_path_form form);

/* Writes text with %xx decoded ('+' too, as a blank, where form is true); returns its length. */
size_t http_unescape_to(uint8_t *out, struct span text, bool form);
/* The same in arena. */
struct span http_unescape(struct arena *arena, struct span text, bool form);

/*
 * Iterates the parameters of a query, decoded, in arena: false at the end. Malformed ones are left
 * out: those with a ';' and those with a '%' that is no escape.
 */
bool http_next_param(
    struct arena *arena, struct span *query, struct span *name, struct span *value);

/* Is no parameter of it malformed? */
bool http_query_valid(struct span query);

#endif
