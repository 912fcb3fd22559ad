/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the document says of an HTTP server, short of its routes: read first, because what the
 * servers are together decides which of them speak TLS and where redirects are served.
 */
#ifndef DAEMON_HTTP_SETTINGS_H
#define DAEMON_HTTP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/load.h"
#include "daemon/http/client_ip.h"
#include "daemon/input/field.h"
#include "daemon/net/address.h"
#include "daemon/net/sockets.h"

struct http_auto {
	bool disable, disable_redirects, disable_certificates, ignore_loaded_certificates;
	struct strings skip, skip_certificates;
};

struct http_settings {
	const char *name;
	struct jnode node;
	struct strings listen;
	struct strings paused;        /* those of listen that accept nothing for now (ours) */
	struct address_range *ranges; /* of listen */
	struct http_auto auto_https;
	int64_t read_timeout, read_header_timeout, read_idle_timeout; /* ns */
	int64_t write_timeout, write_idle_timeout, idle_timeout;
	struct keepalive keepalive;
	struct http_client_ip clients;
	int64_t max_header_bytes;
	bool strict_sni_host, strict_sni_host_said;
	bool no_http2; /* protocols are said, and h2 is none of them */
	json_t *routes, *policies, *wrappers, *logs; /* of the document, or NULL */
	bool metrics;                                /* said, and of no effect */

	/* What automatic HTTPS adds. */
	bool tls;          /* on all ports but the HTTP port */
	json_t *redirects; /* routes to be put in at redirect_at; NULL: none */
	size_t redirect_at;
	json_t *last; /* routes to be put at the end; NULL: none */
};

/* "servers" of the app, and "listener_wrappers" of one, which http/server.c reads. */
extern const struct shape http_servers_shape, http_wrappers_shape;

/*
 * Reads the server at node, whose key is its name; memory from load->arena. Returns 0, or -1 with
 * err.
 */
int http_settings_load(
    struct load *load, const struct jnode *node, struct http_settings *out, struct error *err);

/* Is there a port among those of listen that is not this one? */
bool http_settings_other_port(const struct http_settings *s, int64_t port);

#endif
