/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listener wrapper "http_redirect": who speaks HTTP where TLS is spoken is sent to https:// at
 * the same address. Everything else goes on to the next step.
 */
#ifndef DAEMON_HTTP_REDIRECT_H
#define DAEMON_HTTP_REDIRECT_H

#include "daemon/http/serve.h"

extern const struct handler_type handler_http_redirect;

extern const struct field http_redirect_fields[];

/* Reads the wrapper's object into out, its parameters. Returns 0, or -1 with err. */
int http_redirect_load(
    struct load *load, const struct jnode *node, struct http_server *out, struct error *err);

#endif
