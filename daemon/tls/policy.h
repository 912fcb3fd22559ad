/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connection policies: how a TLS session with a client is made. The first policy of a list whose
 * matchers say yes to the ClientHello is taken. Const after loading; lies in the arena of what
 * loaded it and must outlive its sessions.
 */
#ifndef DAEMON_TLS_POLICY_H
#define DAEMON_TLS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <gnutls/gnutls.h>

#include "daemon/core/facts.h"
#include "daemon/core/load.h"
#include "daemon/tls/client_auth.h"
#include "daemon/tls/store.h"
#include "daemon/tls/ticket.h"
#include "daemon/wire/hello.h"

struct hello_match;

#define TLS_ALPN_MAX 8       /* names in one policy: a limit of GnuTLS */
#define TLS_ALPN_NAME_MAX 31 /* bytes in one name: likewise */

struct tls_policy {
	const struct hello_match *match; /* NULL: every client */
	gnutls_priority_t priority;      /* shared with other policies of the same */
	gnutls_priority_t ordered;       /* the same, but our order of cipher suites decides */
	gnutls_datum_t alpn[TLS_ALPN_MAX];
	unsigned alpn_count;                    /* 0: no negotiation */
	const char *default_sni, *fallback_sni; /* lower case; NULL: none */
	const struct cert_selection *selection; /* NULL: any */
	struct cert *only; /* borrowed: this one, whatever the name; NULL: by the name */
	const struct client_auth *client_auth;        /* NULL: clients are not asked */
	gnutls_certificate_credentials_t credentials; /* shared, or with client_auth its own */
	struct secrets_log *secrets_log;              /* NULL: none is written */
	bool drop;                                    /* close without an answer */
	bool tickets;                                 /* give out and take session tickets */
	struct ticket_key *ticket;
};

struct tls_policies {
	struct tls_policy *items;
	size_t count;
	bool wants_hello;       /* some policy has matchers: the hello is needed before choosing */
	struct key_runs *index; /* by server names; NULL: not worth one */
};

/* The fields of one policy, for the documentation and the schema. */
extern const struct field tls_policy_fields[];
/* A list of them. */
extern const struct shape tls_policies_shape;

/*
 * Reads a list of connection policies; node may be absent (value NULL) or empty: one policy with
 * all defaults. Memory from load->arena. Returns 0, or -1 with err.
 */
int tls_policies_load(
    struct load *load, const struct jnode *node, struct tls_policies *out, struct error *err);

/* The same as the load function of a FIELD_CUSTOM whose target is a struct tls_policies. */
int tls_policies_field(
    struct load *load, const struct jnode *node, void *target, struct error *err);

/* For policies that ask for no client certificate; shared. NULL: no memory. */
gnutls_certificate_credentials_t tls_policy_credentials(void);

/* The policy for a client. hello may be NULL unless wants_hello. NULL: none matches. */
const struct tls_policy *tls_policies_choose(
    const struct tls_policies *policies, const struct hello *hello, struct facts *facts);

#endif
