/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The step that ends TLS in front of an HTTP server: as the layer 4 handler `tls`, with the
 * policies of the server and the versions of HTTP that it speaks.
 */
#ifndef DAEMON_HTTP_TLS_H
#define DAEMON_HTTP_TLS_H

#include "daemon/core/handler.h"
#include "daemon/core/load.h"
#include "daemon/tls/policy.h"

struct http_tls {
	struct tls_policies policies;
	int64_t handshake_timeout;
};

extern const struct handler_type handler_http_tls;

/*
 * Reads a server's "tls_connection_policies"; node's value may be NULL. http2: it may be agreed on.
 * Memory from load->arena. Returns 0, or -1 with err.
 */
int http_tls_load(struct load *load, const struct jnode *node, bool http2, struct http_tls *out,
    struct error *err);

/* Does some policy ask clients for a certificate? */
bool http_tls_authenticates(const struct http_tls *tls);

#endif
