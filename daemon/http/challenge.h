/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP-01 (RFC 8555 section 8.3): answers a CA's request for the token of a pending order of ours.
 */
#ifndef DAEMON_HTTP_CHALLENGE_H
#define DAEMON_HTTP_CHALLENGE_H

#include <stdbool.h>

#include "daemon/http/handler.h"

/* Is it one? Then the answer stands. Any other request is left alone, whatever its path. */
bool http_challenge_answer(struct http_exchange *x);

#endif
