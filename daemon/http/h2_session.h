/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's side of an HTTP/2 connection (RFC 9113) without the connection: takes bytes, answers
 * requests by the server's routes, gives bytes. What a client can make it hold or do is bounded:
 * streams, header sizes, bodies (which are dropped), and frames that cost it nothing and us work.
 */
#ifndef DAEMON_HTTP_H2_SESSION_H
#define DAEMON_HTTP_H2_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ev.h>

#include "common/buf.h"
#include "common/span.h"
#include "daemon/core/facts.h"
#include "daemon/http/serve.h"

struct h2_session;

#define H2_STREAMS_MAX 100

/* server and facts are borrowed. NULL: nghttp2 has no memory for it. */
struct h2_session *h2_session_new(const struct http_server *server, const struct facts *facts);
void h2_session_free(struct h2_session *s);

/* Takes what the client has sent. false: nothing more can be said to it. */
bool h2_session_take(struct h2_session *s, struct span bytes, ev_tstamp now);
/* Appends what is to be sent to out, while that has less than most bytes. false: as above. */
bool h2_session_give(struct h2_session *s, struct buf *out, size_t most);

/* No request after those that have begun (GOAWAY). */
void h2_session_leave(struct h2_session *s);

/* When all that it gave is sent: is the connection to be ended? */
bool h2_session_is_over(const struct h2_session *s);

/* What it waits for; times are those of h2_session_take(), 0: none waits so. */
struct h2_waits {
	size_t streams;
	bool begun;              /* there was a request */
	ev_tstamp head_since;    /* of the oldest request whose head is not complete */
	ev_tstamp request_since; /* of the oldest one that is not complete */
	ev_tstamp answer_since;  /* of the oldest answer */
	uint64_t received, sent; /* count up with what requests and answers get on by */
};

struct h2_waits h2_session_waits(const struct h2_session *s);

#endif
