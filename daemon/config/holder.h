/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has a list of top-level routes in a document: a layer4 server, or a listener wrapper
 * "layer4" of an HTTP server. Names are those of struct route_table.
 */
#ifndef DAEMON_CONFIG_HOLDER_H
#define DAEMON_CONFIG_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "daemon/config/edit_way.h"

#define HOLDER_HTTP "http/" /* begins the names of HTTP servers and of what is theirs */
#define HOLDER_NAME_MAX 512 /* longer names are cut */

/* One after the other: holders_start(), then holders_next() as long as it returns true. */
struct holders {
	struct way way;     /* to the holder */
	const char *server; /* the key of its server, borrowed */
	bool http;          /* it is a wrapper ... */
	size_t number;      /* ... and the server's first (0), second ... of that kind */
	/* Of the iteration alone. */
	json_t *document, *servers;
	void *next_server;
	size_t next_wrapper, wrappers;
};

/* document is borrowed, and not changed meanwhile. */
void holders_start(struct holders *h, json_t *document);
bool holders_next(struct holders *h);

/* Goes to the holder of a route that way leads to, or that way leads into. */
void holders_of(struct holders *h, json_t *document, const struct way *way);

/* "main" or "http/web/layer4[0]"; and its server, "main" or "http/web". Both return out. */
const char *holder_name(const struct holders *h, char out[HOLDER_NAME_MAX]);
const char *holder_server(const struct holders *h, char out[HOLDER_NAME_MAX]);

/* Is name that of the HTTP server with this key, with or without HOLDER_HTTP? */
bool holder_is_http(const char *key, const char *name);

#endif
