/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS as a client, to an upstream: whom to trust, what to show, what to agree on. Const after
 * loading; no session changes it. Lies in the arena of what loaded it and must outlive its
 * sessions.
 */
#ifndef DAEMON_TLS_CLIENT_H
#define DAEMON_TLS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <gnutls/gnutls.h>

#include "common/span.h"
#include "daemon/core/load.h"
#include "daemon/input/field.h"

struct cert;
struct template;
struct tls_session;

struct tls_client {
	gnutls_priority_t priority; /* shared with others of the same */
	gnutls_certificate_credentials_t credentials;
	struct cert *cert;            /* shown where the server asks for one; NULL: none */
	const char *automate;         /* ... or the managed one of this name; NULL: none */
	struct template *server_name; /* NULL: the name that is dialled */
	bool insecure;                /* take any certificate */
	int64_t timeout;              /* ns, of the handshake; 0: none */
	const uint16_t *except_ports; /* ascending */
	size_t except_count;
};

/* The option that makes a name one whose certificate is managed, and the name, in arena. */
#define TLS_CLIENT_AUTOMATE "client_certificate_automate"
const char *tls_client_automate(struct arena *arena, const char *name);

/* The options, for the documentation and the schema. */
extern const struct field tls_client_fields[];

/*
 * The load function of a FIELD_CUSTOM whose target is a struct tls_client *: an object of these
 * options (null: none). Memory from load->arena.
 */
int tls_client_field(struct load *load, const struct jnode *node, void *target, struct error *err);

/* Is TLS spoken on this port? */
bool tls_client_wants(const struct tls_client *client, uint16_t port);

/*
 * A session of client to the server called name (a DNS name or an IP address, "": nameless), which
 * is borrowed until the handshake has ended. alpn is the one protocol to offer, n = 0: none. 0, or
 * -1 where GnuTLS cannot.
 */
int tls_client_open(
    struct tls_session *s, const struct tls_client *client, const char *name, struct span alpn);

/* What a failed handshake with code rc of GnuTLS means; constant. */
const char *tls_client_failure(const struct tls_session *s, int rc);

#endif
