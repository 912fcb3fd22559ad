/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP servers as core knows them: one route without matchers, whose chain is what the listener
 * wrappers say, TLS, and the handler that serves requests.
 */
#ifndef DAEMON_HTTP_SERVER_H
#define DAEMON_HTTP_SERVER_H

#include "daemon/http/settings.h"

/*
 * Adds the server or, where it speaks TLS on some ports and not on others, two of them: "http/NAME"
 * and "http/NAME/plain". Routes of load->before that are the same are shared. Returns 0, or -1 with
 * err.
 */
int http_server_add(
    struct load *load, const struct http_settings *settings, int64_t http_port, struct error *err);

#endif
