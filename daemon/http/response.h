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

/* An answer 1xx that goes before the answer. */
struct http_interim {
	struct http_interim *next;
	unsigned status;
	struct http_fields fields;
};

struct http_response {
	unsigned status; /* 0: nobody has said one, which is 200 */
	struct http_fields fields;
	struct buf body;              /* ... */
	struct span const_body;       /* or this one, which lives as long as the route */
	struct http_interim *interim; /* in order */
	bool close;                   /* the connection ends after the answer */
	bool abort;                   /* ... at once and without it */
};

void http_response_fini(struct http_response *r);

/* Drops what was said so far: the answer is this status and its name as text. */
void http_response_error(struct http_response *r, struct arena *arena, unsigned status);

/* Adds an interim answer (RFC 9110 section 15.2) with the fields so far. */
void http_response_add_interim(struct http_response *r, struct arena *arena, unsigned status);

/*
 * May it have a body (RFC 9110 section 6.4.1)? Is the field for us alone, as it frames the message?
 * In all versions of HTTP alike.
 */
bool http_status_has_body(unsigned status);
bool http_field_is_framing(struct span name);

/* What a Date field says now (RFC 9110 section 5.6.7); made once a second, the thread's. */
const char *http_date(void);

/* value without bytes that a field may not have: they become blanks. In arena where there are. */
struct span http_field_value(struct arena *arena, struct span value);

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

#endif
