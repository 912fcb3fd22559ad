/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One GnuTLS session: of a server, set up by a policy, its certificate chosen by name, or of a
 * client (tls/client.h). Knows nothing of sockets; the stream that embeds it brings and takes the
 * bytes.
 */
#ifndef DAEMON_TLS_SESSION_H
#define DAEMON_TLS_SESSION_H

#include <stdbool.h>
#include <gnutls/abstract.h>

#include "common/netaddr.h"
#include "common/span.h"
#include "daemon/tls/policy.h"
#include "daemon/tls/store.h"

struct staple;
struct tls_client;

struct tls_session {
	gnutls_session_t gnutls;
	const struct tls_policy *policy; /* of a server's */
	const struct tls_client *client; /* of a client's; NULL: it is a server's */
	const char *server_name;         /* of a client's, borrowed likewise; "": nameless */
	const struct netaddr *local;     /* borrowed until the handshake has ended; may be NULL */
	struct store_found certs;        /* references, while the handshake lasts */
	struct staple *staple;           /* likewise; NULL: none */
	const char *refusal;             /* of the other side's certificate or hello; NULL: none */
	uint64_t hello;                  /* a hash of the client's first; 0: none yet */
	bool verified;                   /* the client's certificate, or that there is none */
	bool tickets;
	bool ticket_due; /* TLS 1.3: a ticket is to go with the first answer */
};

/* 0, or -1 where GnuTLS has no memory. s stays where it is until tls_session_close(). */
int tls_session_open(
    struct tls_session *s, const struct tls_policy *policy, const struct netaddr *local);
void tls_session_close(struct tls_session *s);

/*
 * Handshakes on. 1: done. 0: more bytes are needed. -1: it has failed, *why (constant) says why,
 * and an alert has been written.
 */
int tls_session_handshake(struct tls_session *s, const char **why);

/* Writes the ticket that is due, if any. */
void tls_session_send_ticket(struct tls_session *s);

/* Makes credentials ask us for the certificate of a session. */
void tls_session_serve(gnutls_certificate_credentials_t credentials);

#endif
