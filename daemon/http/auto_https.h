/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automatic HTTPS: servers whose routes name hosts speak TLS, their names get certificates, and
 * requests over HTTP are sent there.
 */
#ifndef DAEMON_HTTP_AUTO_HTTPS_H
#define DAEMON_HTTP_AUTO_HTTPS_H

#include "daemon/http/settings.h"

/* What is to be made of the servers of one document. */
struct http_plan {
	int64_t http_port, https_port;
	struct http_settings *servers; /* by name */
	size_t count;
	/* A server of our own for redirects on addresses that no other has: its JSON; NULL: none.
	 * Belongs to load->arena. */
	json_t *redirects;
};

/*
 * Decides for plan's servers: sets tls, redirects and last in each and plan->redirects, and hands
 * names to instance_manage().
 */
void http_auto_https(struct load *load, struct http_plan *plan);

#endif
