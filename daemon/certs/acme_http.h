/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to ACME servers and OCSP responders, any number at once, without blocking: libcurl's
 * multi interface in the control thread's loop. Answers are bounded in size and time; only https is
 * spoken, unless it is asked for otherwise, and no redirect is followed.
 */
#ifndef DAEMON_CERTS_ACME_HTTP_H
#define DAEMON_CERTS_ACME_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <ev.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/span.h"

#define ACME_BODY_MAX (512u << 10)
#define ACME_FIELD_MAX 2048   /* bytes of a header field's value that is kept */
#define ACME_ALTERNATES_MAX 8 /* links with rel="alternate" */

enum acme_verb { ACME_HEAD, ACME_GET, ACME_POST };

struct acme_http_request {
	enum acme_verb verb;
	const char *url;     /* https; copied */
	struct span body;    /* of a POST; copied */
	const char *type;    /* of body; NULL: JWS */
	bool plain;          /* url may be of http, too */
	const char *ca_file; /* trusted roots, PEM; NULL: the system's. Borrowed until the end */
	double timeout;      /* seconds for the whole */
};

/* What came. It lives until done() returns. */
struct acme_http_reply {
	const char *failure; /* nothing usable came, and why; NULL: there is an answer */
	long status;
	struct span body;
	const char *nonce, *location, *retry_after; /* "": no such field */
	const char *alternates[ACME_ALTERNATES_MAX];
	size_t alternate_count;
};

struct acme_exchange;

/* loop is borrowed until acme_http_stop(). Returns 0, or -1 with err. */
int acme_http_start(struct ev_loop *loop, struct error *err);
/* All exchanges must have ended or been cancelled. */
void acme_http_stop(void);

/* Calls done(arg) from the loop, never from here. */
struct acme_exchange *acme_http_send(const struct acme_http_request *request,
    void (*done)(void *arg, const struct acme_http_reply *reply), void *arg);
/* done() is not called any more. Not from within it. */
void acme_http_cancel(struct acme_exchange *exchange);

#endif
