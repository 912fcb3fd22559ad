/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TLS stream: GnuTLS over the stream below it. Reading pulls as much ciphertext as fits the
 * caller's buffer in one go through an area lent by the worker; a session keeps only a partial
 * record between events. Writing gathers all records of a round into one send.
 *
 * A FIN at a record's boundary without a close_notify is taken for an end of stream, as Go does:
 * many clients never send one. A FIN inside a record is an error (EPROTO). close_notify and FIN
 * leave our own direction open; shutdown() sends both.
 */
#ifndef DAEMON_TLS_STREAM_H
#define DAEMON_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/netaddr.h"
#include "common/span.h"
#include "daemon/net/stream.h"
#include "daemon/tls/policy.h"

struct tls_client;
struct tls_stream;

/* Scratch memory of the thread, of no meaning between calls. Nested streams take parts of it. */
struct tls_area {
	uint8_t *data;
	size_t size; /* at least 128 KiB */
};

/*
 * A server's session by policy, put on top of e. It lies in arena; endpoint_close() frees what it
 * owns. local (may be NULL) is the address that a client without a server name has reached; it is
 * needed until the handshake has ended. NULL: GnuTLS has no memory for it.
 */
struct tls_stream *tls_stream_push(struct arena *arena, struct endpoint *e,
    const struct tls_policy *policy, const struct netaddr *local, struct tls_area area);

/* The same with a client's session: the other parameters are as of tls_client_open(). */
struct tls_stream *tls_stream_connect(struct arena *arena, struct endpoint *e,
    const struct tls_client *client, const char *name, struct span alpn, struct tls_area area);

enum tls_result {
	TLS_DONE,   /* reading and writing may begin */
	TLS_AGAIN,  /* wait for what tls_stream_wants() says, then call again */
	TLS_FAILED, /* *why says why; an alert was sent where there is one for it */
	TLS_HTTP,   /* failed, too: a client speaks plain HTTP; nothing was sent */
};

/* Do these bytes, the first that a client sends, begin a request of plain HTTP? */
bool tls_speaks_http(struct span first);

/* Goes on with the handshake as far as it can without waiting. */
enum tls_result tls_stream_handshake(struct tls_stream *t, const char **why);
int tls_stream_wants(const struct tls_stream *t); /* EV_READ, perhaps with EV_WRITE */

/* What was agreed on; texts are constant, or live as long as the stream. */
struct tls_info {
	char name[256];
	struct span server_name;  /* as the client sent it, in name; n = 0: none */
	const char *version;      /* "tls1.3" */
	const char *cipher_suite; /* the IANA name */
	struct span alpn;         /* n = 0: none */
	struct span client;       /* the client's certificate, DER; n = 0: none */
	bool resumed;
};

void tls_stream_info(const struct tls_stream *t, struct tls_info *out);

#endif
