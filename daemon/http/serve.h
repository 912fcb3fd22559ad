/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP on a connection: the last step of the routes that the HTTP app makes. HTTP/1 is here:
 * requests are answered in order, one after the other; a connection between requests keeps no
 * buffer. Where the TLS session has agreed on it, h2_serve() takes over.
 */
#ifndef DAEMON_HTTP_SERVE_H
#define DAEMON_HTTP_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/handler.h"
#include "daemon/http/client_ip.h"
#include "daemon/http/handler.h"
#include "daemon/net/sockets.h"

struct conn;
struct worker;

/* What an HTTP server does with its connections; the handler's parameters. */
struct http_server {
	struct http_routes routes;
	bool tls;             /* the handler before this one ends TLS */
	bool strict_sni_host; /* a request must be for the name that the TLS session is for */
	int64_t read_header_timeout, read_idle_timeout, write_idle_timeout, idle_timeout; /* ns */
	int64_t read_timeout, write_timeout; /* ns; 0: none */
	struct keepalive keepalive;
	int64_t max_header_bytes;
	struct http_client_ip clients;
	struct http_access *access; /* NULL: requests have no lines in the log */
};

extern const struct handler_type handler_http;

/* 0, or the status to refuse a request with that is well-formed. */
unsigned http_serve_check(const struct http_server *server, const struct http_request *r);

/* Is the route that the connection came by still the one of its server? */
bool http_serve_is_current(const struct conn *conn);

/* Ends the connections of w that wait for a request at a server that is not served any more. */
void http_serve_leave(struct worker *w);

#endif
