/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which access log an HTTP server uses for which host, from its sites' "log" directives.
 */
#ifndef DAEMON_CONFIG_SERVER_LOGS_H
#define DAEMON_CONFIG_SERVER_LOGS_H

#include "daemon/config/pairings.h"

/* Adds "logs" to server if any of its sites has a log. */
void server_logs_add(json_t *server, const struct pairing *pairing);

#endif
