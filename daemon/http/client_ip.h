/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom a request is from where a proxy stands in front of an HTTP server: proxies that are trusted
 * name the client in a header field, and nobody else's word counts.
 */
#ifndef DAEMON_HTTP_CLIENT_IP_H
#define DAEMON_HTTP_CLIENT_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/netaddr.h"
#include "daemon/core/iprange.h"
#include "daemon/core/load.h"
#include "daemon/http/request.h"
#include "daemon/input/field.h"

/* What a server says of them. Zeroed: nobody is trusted. */
struct http_client_ip {
	struct iprange *trusted; /* NULL: none */
	struct strings headers;  /* asked in this order; none: X-Forwarded-For */
	int64_t strict;          /* not 0: the last address that is no proxy's, not the first */
	bool unix_sockets;       /* a client of a Unix socket is a proxy, too */
};

extern const struct shape http_trusted_proxies_shape;

/* The field "trusted_proxies": {"source": "static", "ranges"}; target is the trusted above. */
int http_trusted_proxies_load(
    struct load *load, const struct jnode *node, void *target, struct error *err);

/* The client of r: the one who has connected, or the one that a trusted proxy names. */
struct netaddr http_client_ip(const struct http_client_ip *c, const struct http_request *r);

#endif
