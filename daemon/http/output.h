/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is on its way to an HTTP client, whatever the version, and the end of its connection.
 */
#ifndef DAEMON_HTTP_OUTPUT_H
#define DAEMON_HTTP_OUTPUT_H

#include <stdint.h>

#include "common/buf.h"
#include "common/span.h"

struct conn;

/* Zeroed memory is empty; ended by buf_fini(&o->bytes). */
struct http_output {
	struct buf bytes;
	struct span then; /* ... then this, which lives as long as the route */
};

static inline size_t http_output_left(const struct http_output *o)
{
	return buf_len(&o->bytes) + o->then.n;
}

/* Sends what it can. 1: all is gone, 0: the client takes no more now, -1: it is gone. */
int http_output_send(struct http_output *o, struct conn *conn);

/*
 * Ends the connection. Closing with bytes unread would be a reset, which destroys the answer on its
 * way (RFC 9112 section 9.6): we end our side, for which the client has patience ns, and read on
 * until it has ended its own, for a while. Takes the connection's events and its timer.
 */
void http_output_linger(struct conn *conn, int64_t patience);

#endif
