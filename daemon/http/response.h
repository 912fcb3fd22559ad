/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An answer while handlers make it, and its form in HTTP/1.
 */
#ifndef DAEMON_HTTP_RESPONSE_H
#define DAEMON_HTTP_RESPONSE_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/span.h"
#include "daemon/http/fields.h"

struct http_response {
	unsigned status; /* 0: nobody has said one, which is 200 */
	struct http_fields fields;
	struct buf body;        /* ... */
	struct span const_body; /* or this one, which lives as long as the route */
	struct buf interim;     /* answers 1xx that go before it, ready to be sent */
	bool close;             /* the connection ends after the answer */
	bool abort;             /* ... at once and without it */
};

void http_response_fini(struct http_response *r);

/* Drops what was said so far: the answer is this status and its name as text. */
void http_response_error(struct http_response *r, struct arena *arena, unsigned status);

/* The body, whichever it is. */
struct span http_response_body(const struct http_response *r);

/* "Not Found"; "" for what has no name. */
const char *http_status_text(unsigned status);

/* What decides the form of an answer besides the answer. */
struct http1_form {
	unsigned minor;  /* of the request's version */
	bool keep_alive; /* another request may follow */
	bool head;       /* the request was HEAD: no body */
};

/*
 * Appends the head of r to out: status line, Date, fields, length. Bytes that a field may not have
 * become blanks. Returns whether the body is to follow.
 */
bool http1_write_head(
    const struct http_response *r, const struct http1_form *form, struct buf *out);

/* Appends status and the fields so far as an interim answer (RFC 9110 section 15.2) to r. */
void http1_add_interim(struct http_response *r, unsigned status);

#endif
