/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers to a CA that asks whether a name is ours (RFC 8555 section 8, RFC 8737). Who obtains
 * certificates puts them here as long as the CA may ask; the HTTP server and every listener look
 * here before their routes. Any thread. Where nothing is pending a look is one atomic load.
 */
#ifndef DAEMON_CORE_ANSWERS_H
#define DAEMON_CORE_ANSWERS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/error.h"
#include "common/span.h"
#include "daemon/wire/hello.h"

struct conn;

#define ANSWERS_MAX 4096 /* pending at once */
#define ANSWER_ALPN "acme-tls/1"

enum answer_type {
	ANSWER_HTTP,     /* by token: the key authorization, as text */
	ANSWER_TLS_ALPN, /* by name: an object of daemon/tls */
	ANSWER_TYPES,
};

struct answer; /* counted */

/*
 * Adds one under key (token or name in lower case), replacing what was there. name is whom it is
 * for; "" means any. text may be NULL. object, released by release(object) with the last
 * reference, may be NULL; both are taken, also on failure. Returns 0, or -1 with err where there
 * are too many.
 */
int answers_add(enum answer_type type, const char *key, const char *name, const char *text,
    void *object, void (*release)(void *object), struct error *err);
/* false: there was none. */
bool answers_remove(enum answer_type type, const char *key);

extern _Atomic unsigned answers_count[ANSWER_TYPES];

static inline bool answers_pending(enum answer_type type)
{
	return atomic_load_explicit(&answers_count[type], memory_order_relaxed) > 0;
}

/* A reference, or NULL. key and name are compared in lower case; name n = 0 fits any. */
struct answer *answers_find(enum answer_type type, struct span key, struct span name);
void answer_unref(struct answer *answer); /* NULL is allowed */
const char *answer_text(const struct answer *answer);
void *answer_object(const struct answer *answer);

/*
 * Does a hello ask for TLS-ALPN-01 alone, and *name is the server name in lower case?
 */
#define ANSWER_NAME_MAX 256
bool answers_asked(const struct hello *hello, char name[ANSWER_NAME_MAX]);
/* ... and there is an answer for it. */
bool answers_challenged(const struct hello *hello);

/* What gives the answer on a connection whose hello asks for it. Registered by daemon/tls. */
void answers_serve_set(void (*serve)(struct conn *conn));
void answers_serve(struct conn *conn);

#endif
