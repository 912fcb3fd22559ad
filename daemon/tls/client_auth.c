/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/client_auth.h"

struct client_auth {
	gnutls_certificate_credentials_t credentials;
};

int client_auth_load(struct load *load, const struct jnode *node, struct client_auth **out,
    struct buf *identity, struct error *err)
{
	(void)load;
	(void)out;
	(void)identity;
	return jnode_error(
	    node, err, ERROR_UNSUPPORTED, "client certificates are not supported yet");
}

gnutls_certificate_credentials_t client_auth_credentials(const struct client_auth *auth)
{
	return auth->credentials;
}

void client_auth_ask(const struct client_auth *auth, gnutls_session_t session)
{
	(void)auth;
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
}

int client_auth_check(const struct client_auth *auth, gnutls_session_t session, const char **why)
{
	(void)auth;
	(void)session;
	*why = "client certificates are not supported yet";
	return -1;
}
