/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access lines of an HTTP server's requests, as its sites ask for them: to which loggers a
 * request's line goes is a matter of its host.
 */
#ifndef DAEMON_HTTP_ACCESS_H
#define DAEMON_HTTP_ACCESS_H

#include "daemon/core/load.h"
#include "daemon/input/shape.h"

extern const struct shape http_access_shape;

struct http_access;
struct http_exchange;

/*
 * Reads a server's "logs" into load->arena; *out is NULL where there is none, and then requests
 * have no lines. Returns 0, or -1 with err.
 */
int http_access_load(
    struct load *load, const struct jnode *node, struct http_access **out, struct error *err);

/* Writes the lines of a request, once its answer stands. access may be NULL. */
void http_access_write(const struct http_access *access, const struct http_exchange *x);

#endif
