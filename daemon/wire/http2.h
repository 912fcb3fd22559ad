/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first request of an HTTP/2 client that begins without asking (RFC 9113 section 3.3): the
 * preface, frames up to the first HEADERS, and its fields decoded (RFC 7541), read strictly.
 */
#ifndef DAEMON_WIRE_HTTP2_H
#define DAEMON_WIRE_HTTP2_H

#include "common/buf.h"
#include "daemon/wire/verdict.h"

#define HTTP2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define HTTP2_FRAMES_MAX 32      /* before the request; also of those that carry it on */
#define HTTP2_FIELDS_MAX 128     /* of it */
#define HTTP2_DECODED_MAX 65536u /* bytes of their names and values: HPACK can repeat itself */

/* What a request says. Spans point into the buffer that it was decoded into; n = 0: not said. */
struct http2_head {
	struct span method, scheme, authority, path;
	struct span protocol; /* RFC 8441: what a CONNECT wants */
	struct span fields;   /* all but these; see http2_next_field() */
};

/*
 * bytes starts with the connection's first byte. Yes when the request's fields are complete;
 * decoded (the caller's, cleared first) has them then, and *out is set. A malformed request (RFC
 * 9113 section 8.1.1) is a no.
 */
enum wire_verdict http2_parse(struct span bytes, struct buf *decoded, struct http2_head *out);

/* Iterates out.fields: false at the end. Names are in lower case. */
bool http2_next_field(struct span *fields, struct span *name, struct span *value);

#endif
