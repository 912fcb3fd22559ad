/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request of an HTTP/2 connection and its answer: the fields as they come, what makes a request
 * of them, the fields that go. Knows nothing of frames; its session does.
 */
#ifndef DAEMON_HTTP_H2_STREAM_H
#define DAEMON_HTTP_H2_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ev.h>
#include <nghttp2/nghttp2.h>

#include "common/arena.h"
#include "common/span.h"
#include "daemon/http/handler.h"
#include "daemon/http/serve.h"

struct h2_stream {
	struct h2_stream *prev, *next; /* of the session */
	int32_t id;
	struct arena *arena; /* for all that is below; NULL once that is settled */
	struct http2_head head;
	struct http_fields fields;
	size_t size;      /* of the head, as it counts */
	size_t skipped;   /* of the body */
	bool too_large;   /* the head */
	bool head_done;   /* it is complete */
	bool complete;    /* nothing more comes of the request */
	bool answered;    /* ... or of the answer, but what is left of its body */
	struct span body; /* what is left */
	struct http_exchange exchange;
	ev_tstamp since, answer_since;
};

struct h2_stream *h2_stream_new(int32_t id, ev_tstamp now);
void h2_stream_free(struct h2_stream *t);

/*
 * A field of the head, copied. Where the head gets longer than most bytes (as RFC 9113 section
 * 6.5.2 counts) the rest is not kept.
 */
void h2_stream_add(struct h2_stream *t, struct span name, struct span value, size_t most);

/* The head is complete: makes the answer, by the server's routes or by what is wrong with it. */
void h2_stream_run(
    struct h2_stream *t, const struct http_server *server, const struct facts *facts);

/* Fields as nghttp2 takes them. What is beyond their number is left out. */
#define H2_FIELDS_MAX 256

struct h2_fields {
	nghttp2_nv items[H2_FIELDS_MAX];
	size_t count;
};

/* The head of an interim answer. */
void h2_stream_interim(
    struct h2_stream *t, const struct http_interim *interim, struct h2_fields *out);
/* The head of the answer. Returns whether the body is to follow, which t->body is then. */
bool h2_stream_answer(struct h2_stream *t, struct h2_fields *out);
/*
 * The fields have been taken: a client that does not read the body keeps nothing alive but that,
 * whatever the request's matchers and handlers needed.
 */
void h2_stream_settle(struct h2_stream *t);

#endif
