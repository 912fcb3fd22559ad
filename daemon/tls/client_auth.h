/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client authentication of a policy: whom to ask for a certificate and whom to trust. Fails closed.
 */
#ifndef DAEMON_TLS_CLIENT_AUTH_H
#define DAEMON_TLS_CLIENT_AUTH_H

#include <gnutls/gnutls.h>

#include "common/buf.h"
#include "daemon/core/load.h"
#include "daemon/input/shape.h"

struct client_auth;

/* "client_authentication". */
extern const struct shape client_auth_shape;

/*
 * Reads "client_authentication" into load->arena. *out is NULL where the object asks for nothing.
 * What distinguishes one authentication from another (certificates in files included) is appended
 * to identity. Returns 0, or -1 with err.
 */
int client_auth_load(struct load *load, const struct jnode *node, struct client_auth **out,
    struct buf *identity, struct error *err);

/* Credentials that trust the authorities; freed with the arena that it was loaded into. */
gnutls_certificate_credentials_t client_auth_credentials(const struct client_auth *auth);

/* Sets a new session up to ask for a certificate. */
void client_auth_ask(const struct client_auth *auth, gnutls_session_t session);

/*
 * Is the client of this session whom we want? To be asked in the handshake, from GnuTLS's verify
 * function. 0, or -1 with *why (constant).
 */
int client_auth_check(const struct client_auth *auth, gnutls_session_t session, const char **why);

#endif
